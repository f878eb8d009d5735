package dev.latchkey.server.logs;

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
 * @param connection absent while there is none yet
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
        Optional<String> integrationKey,
        Optional<UUID> connection,
        Optional<String> connectionName,
        String message,
        ObjectNode details,
        Optional<Duration> took) {
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
