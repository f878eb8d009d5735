package dev.latchkey.server.connections;

import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.UnreadableRowException;
import java.util.Map;
import java.util.UUID;

/**
 * A connection whose row cannot be read, so that only its location is known.
 *
 * @param reason a message for people; never a value of the row
 */
public record UnreadableConnection(UUID environment, UUID connection, UUID integration, String reason)
        implements Event {
    @Override
    public String word() {
        return "unreadable";
    }

    @Override
    public Map<String, String> details() {
        return Map.of("reason", reason);
    }

    /** Why a row cannot be read, without any of its values: unreadable data may be secret. */
    public static String reason(RuntimeException failure) {
        return failure instanceof UnreadableRowException known
                ? String.valueOf(known.getMessage())
                : Rows.reason(failure);
    }
}
