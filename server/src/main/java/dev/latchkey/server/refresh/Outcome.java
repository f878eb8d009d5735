package dev.latchkey.server.refresh;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import java.time.Instant;
import java.util.Comparator;
import java.util.Optional;
import java.util.stream.Stream;

/** The outcome of a request for a working credential. */
public sealed interface Outcome {
    /** @param connection with a credential that is valid now, as far as known */
    record Fresh(Connection connection) implements Outcome {}

    /**
     * @param connection as it is stored; its credential does not work any more
     * @param backingOff no attempt was made: an earlier one failed, and the next one is not due
     * @param notBefore until when no attempt is made for its integration or its vendor, whatever the connection's own schedule says
     */
    record Failed(Connection connection, String message, boolean backingOff, Optional<Instant> notBefore)
            implements Outcome {
        Failed(Connection connection, String message, boolean backingOff) {
            this(connection, message, backingOff, Optional.empty());
        }

        /** What the caller can do: wait, ask the user to authorize again, or correct the integration. */
        public Failure.Kind reason() {
            return connection
                    .failure()
                    .map(Failure::kind)
                    // It was read, or is lost: in either case it is settled.
                    .map(kind -> kind == Failure.Kind.UNREADABLE ? Failure.Kind.TRANSIENT : kind)
                    .orElseGet(this::unmarked);
        }

        private Failure.Kind unmarked() {
            if (connection.upkeep().brokenSince().isPresent()) {
                return Failure.Kind.MISCONFIGURED;
            }
            return connection.upkeep().schedule().refreshAt().isEmpty() && notBefore.isEmpty()
                    ? Failure.Kind.REJECTED
                    : Failure.Kind.TRANSIENT;
        }

        /** When the next attempt is due; empty if none is made until a person acts. */
        public Optional<Instant> retryAt() {
            return reason() == Failure.Kind.REJECTED
                    ? Optional.empty()
                    : Stream.concat(
                                    notBefore.stream(),
                                    connection
                                            .failure()
                                            .flatMap(Failure::nextAttemptAt)
                                            .or(() -> connection
                                                    .upkeep()
                                                    .schedule()
                                                    .refreshAt())
                                            .stream())
                            .max(Comparator.naturalOrder());
        }
    }

    /** It has been deleted. @param connection as it was */
    record Deleted(Connection connection) implements Outcome {
        public String message() {
            return "This connection has been deleted.";
        }
    }

    /** What a person should do about a failure. */
    static String advice(Failure.Kind kind) {
        return switch (kind) {
            case TRANSIENT -> "It is tried again by itself.";
            case REJECTED -> "The user must authorize again: make a reconnect session.";
            case MISCONFIGURED -> "Check the integration's client id and secret.";
            case UNREADABLE -> "Its row cannot be read: restore it, or let the user authorize again.";
        };
    }
}
