package dev.latchkey.server.connections;

import java.util.Locale;
import java.util.Map;
import java.util.UUID;

/**
 * What happened to a connection.
 *
 * @param connection as it is after the event (before it, for {@link Kind#DELETED})
 * @param details a message for people; never a secret
 */
public record ConnectionEvent(Kind kind, Connection connection, Map<String, String> details) implements Event {
    public enum Kind {
        CREATED,
        /** Imported again, or authorized again by its user. */
        OVERRIDDEN,
        REFRESHED,
        /** A refresh failed for a temporary reason; the credential is kept, and the refresh retried. */
        REFRESH_FAILED,
        /** The grant is gone: the user must authorize again. */
        NEEDS_AUTHORIZATION,
        /** A refresh succeeded after failures. */
        RECOVERED,
        DELETED,
        /** Its credentials are returned to no caller until it is resumed. */
        PAUSED,
        RESUMED,
        /** The grant has a known end that no refresh extends: the user should authorize again before it. */
        EXPIRING_SOON,
        /** A step after connecting failed; the credential is valid. */
        AFTER_CONNECT_FAILED,
        /** The revocation at the provider after a delete failed. */
        REVOCATION_FAILED
    }

    @Override
    public UUID environment() {
        return connection.environment();
    }

    @Override
    public String word() {
        return kind.name().toLowerCase(Locale.ROOT);
    }
}
