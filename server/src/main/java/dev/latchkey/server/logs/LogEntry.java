package dev.latchkey.server.logs;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.integrations.Integration;
import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/**
 * One line of the log: a step of an operation, or its end.
 *
 * @param operation shared by the lines of one operation
 * @param message a sentence for people; never a secret
 * @param details request and answer, redacted; may be empty
 */
public record LogEntry(
        UUID environment,
        UUID id,
        Instant at,
        UUID operation,
        Type type,
        State state,
        Subject subject,
        String message,
        ObjectNode details,
        Optional<Duration> took) {

    /** What a line is about, as far as it is known. @param connection absent while there is none yet */
    public record Subject(Optional<String> integrationKey, Optional<UUID> connection, Optional<String> connectionName) {
        public static final Subject NONE = new Subject(Optional.empty(), Optional.empty(), Optional.empty());

        public static Subject of(Connection connection) {
            return new Subject(
                    Optional.of(connection.integrationKey()),
                    Optional.of(connection.id()),
                    Optional.of(connection.name()));
        }

        static Subject of(Integration integration) {
            return new Subject(Optional.of(integration.uniqueKey()), Optional.empty(), Optional.empty());
        }
    }

    /** What kind of operation it belongs to. */
    public enum Type {
        /** A user connects, or authorizes again. */
        CONNECT,
        REFRESH,
        /** A product calls the vendor through us. */
        PROXY,
        /** We notify a product. */
        WEBHOOK,
        /** A vendor notifies us, and we pass it on. */
        FORWARD,
        /** Import, change, deletion. */
        CONNECTION;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        public static Type of(String text) {
            return valueOf(text.toUpperCase(Locale.ROOT));
        }
    }

    public enum State {
        DONE,
        FAILED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
