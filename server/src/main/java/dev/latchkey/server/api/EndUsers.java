package dev.latchkey.server.api;

import dev.latchkey.server.connect.SessionRequest;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.http.Body;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Reads {@code end_user}, and the tags that it implies. */
final class EndUsers {
    private static final int LONGEST = 255;
    /**
     * In an import: when the connection was made elsewhere. Nango did not always check the keys of an end user's tags, and what it has
     * must be movable.
     */
    private static final String MOVED = "created_at";

    private EndUsers() {}

    static Optional<Connection.EndUser> read(Body body) {
        return body.map("end_user", user -> {
            String id = user.required("id");
            atMost(user, "id", id);
            user.text("display_name").ifPresent(name -> atMost(user, "display_name", name));
            Optional<String> email = user.text("email");
            email.ifPresent(address -> {
                if (!dev.latchkey.server.connections.Tags.EMAIL.matcher(address).matches()) {
                    user.problem("invalid_format", "must be an e-mail address", "email");
                }
                if (address.length() < 5) {
                    user.problem("too_small", "must have at least 5 characters", "email");
                }
            });
            if (user.json().path("organization").isNull()) {
                // As in what a read returned. One that is given belongs beside the user, as at Nango.
                user.allow("organization");
            }
            Map<String, String> tags = user.textsByName("tags").orElse(Map.of());
            if (!body.json().hasNonNull(MOVED)) {
                dev.latchkey.server.connections.Tags.checkOwn(
                        tags, (key, problem) -> user.problem(problem.code(), problem.message(), "tags", key));
            }
            return new Connection.EndUser(id, email, user.text("display_name"), tags, Optional.empty());
        });
    }

    /** Beside a user. */
    static Optional<Connection.Organization> organization(Body body) {
        return body.map("organization", one -> {
            String id = one.required("id");
            atMost(one, "id", id);
            one.text("display_name").ifPresent(name -> atMost(one, "display_name", name));
            return new Connection.Organization(id, one.text("display_name"));
        });
    }

    static Connection.EndUser inOrganization(Connection.EndUser user, Optional<Connection.Organization> organization) {
        return new Connection.EndUser(
                user.id(), user.email(), user.displayName(), user.tags(), organization.or(user::organization));
    }

    private static void atMost(Body body, String name, String value) {
        if (value.length() > LONGEST) {
            body.problem("too_big", "must have at most " + LONGEST + " characters", name);
        }
    }

    static Map<String, String> tags(Optional<Connection.EndUser> endUser, Map<String, String> given) {
        return SessionRequest.tags(endUser, given);
    }

    /** The same with an organization, which may be known without a user of it. */
    static Map<String, String> tags(
            Optional<Connection.EndUser> endUser,
            Optional<Connection.Organization> organization,
            Map<String, String> given) {
        Map<String, String> all = new LinkedHashMap<>();
        organization.ifPresent(one -> all.putAll(one.asTags()));
        all.putAll(tags(endUser.map(user -> inOrganization(user, organization)), given));
        return all;
    }
}
