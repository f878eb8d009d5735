package dev.latchkey.lab;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** The last requests that a provider received; never a secret. Thread-safe. */
final class Events {
    private static final int LIMIT = 200;

    /**
     * @param path host and path, with the values of secrets and tokens taken out
     * @param outcome {@code ok}, an error code, or the user's decision
     */
    record Event(Instant at, String method, String path, Optional<String> grantType, int status, String outcome) {}

    private final Deque<Event> last = new ArrayDeque<>();

    synchronized void add(Event event) {
        last.addLast(event);
        if (last.size() > LIMIT) {
            last.removeFirst();
        }
    }

    /** The oldest first. */
    synchronized List<Event> list() {
        return List.copyOf(last);
    }
}
