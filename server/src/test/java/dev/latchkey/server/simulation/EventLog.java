package dev.latchkey.server.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What happened in one schedule, in order, to find out why an invariant broke. Holds play tokens' ids only. Thread-safe. */
final class EventLog {
    private final List<String> lines = new ArrayList<>();
    private final long start = System.nanoTime();

    void add(String line) {
        double millis = (System.nanoTime() - start) / 1e6;
        synchronized (lines) {
            lines.add(String.format(Locale.ROOT, "%8.1f ms  %s", millis, line));
        }
    }

    @Override
    public String toString() {
        synchronized (lines) {
            return String.join("\n", lines);
        }
    }
}
