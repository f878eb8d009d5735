package dev.latchkey.server.connections;

import java.util.Map;
import org.jdbi.v3.core.Handle;

/**
 * What happened to a connection: a line of its timeline, and what webhooks are made of.
 *
 * @param connection as it is after the event (before it, for {@link Kind#DELETED})
 * @param details words for people; never a secret
 */
public record ConnectionEvent(Kind kind, Connection connection, Map<String, String> details) {
    public enum Kind {
        CREATED,
        /** Imported again, or authorized again by its user. */
        OVERRIDDEN,
        REFRESHED,
        /** A refresh failed in passing; the credential is kept and tried again. */
        REFRESH_FAILED,
        /** The grant is gone: the user must authorize again. */
        NEEDS_AUTHORIZATION,
        /** A refresh worked again after failures. */
        RECOVERED,
        DELETED,
        EXPIRING_SOON,
        /** A step after the connection failed; the credential is good. */
        AFTER_CONNECT_FAILED,
        /** What is to happen on delete at the provider (revocation) failed. */
        REVOCATION_FAILED
    }

    /** Hears of an event inside the transaction that made it happen: what it writes is committed with the change, or not at all. */
    @FunctionalInterface
    public interface Sink {
        void accept(Handle handle, ConnectionEvent event);
    }
}
