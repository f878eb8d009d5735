package dev.latchkey.server.connections;

import java.util.Map;
import java.util.Optional;

/**
 * Whose connection it is, as a list shows it: the end user's name, address or id, or the tags {@code end_user_*}, which imported
 * connections may have instead of an end user.
 *
 * @param name the best of the three
 * @param email absent also where it is the name
 * @param id absent also where it is the name
 */
public record ShownUser(String name, Optional<String> email, Optional<String> id) {
    public static Optional<ShownUser> of(Optional<Connection.EndUser> user, Map<String, String> tags) {
        Optional<String> id = user.map(Connection.EndUser::id).or(() -> tag(tags, "end_user_id"));
        Optional<String> email = user.flatMap(Connection.EndUser::email).or(() -> tag(tags, "end_user_email"));
        return user.flatMap(Connection.EndUser::displayName)
                .or(() -> tag(tags, "end_user_display_name"))
                .or(() -> email)
                .or(() -> id)
                .map(name -> new ShownUser(
                        name, email.filter(other -> !other.equals(name)), id.filter(other -> !other.equals(name))));
    }

    private static Optional<String> tag(Map<String, String> tags, String key) {
        return Optional.ofNullable(tags.get(key)).filter(value -> !value.isBlank());
    }
}
