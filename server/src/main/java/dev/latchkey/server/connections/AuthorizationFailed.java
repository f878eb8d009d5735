package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.Integration;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A failed authorization, of a new connection or of an existing one again.
 *
 * @param before the connection that was to be authorized again; it is unchanged
 * @param connectionName of {@code before}; or the name intended for the new one, which does not exist
 * @param attempts shared by the attempts of one session: their events are sent in order
 * @param error for programs, as the API's errors have it; never a secret
 * @param reason for people; never a secret
 */
public record AuthorizationFailed(
        Integration integration,
        Optional<Connection> before,
        String connectionName,
        UUID attempts,
        Optional<Connection.EndUser> endUser,
        Map<String, String> tags,
        Optional<String> webhookUrlOverride,
        String error,
        String reason)
        implements Event {
    /** Its name in the timeline. */
    public static final String WORD = "authorization_failed";

    @Override
    public UUID environment() {
        return integration.environment();
    }

    @Override
    public String word() {
        return WORD;
    }

    @Override
    public Map<String, String> details() {
        return Map.of("error", error, "reason", reason);
    }
}
