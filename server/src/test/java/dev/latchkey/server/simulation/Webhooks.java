package dev.latchkey.server.simulation;

import dev.latchkey.server.waiting.Awaiting;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;

/**
 * The product's backend as it is notified: what arrived for each connection, and what should have. A node may be down or paused
 * while events wait, so that they are looked for at the end of all schedules. Thread-safe.
 */
final class Webhooks implements AutoCloseable {
    /** A lane whose node is gone is another's after 40 seconds. */
    static final Duration PATIENCE = Duration.ofMinutes(2);

    /** @param connection its name */
    private record Kind(String connection, String operation, boolean success) {}

    private final Receiver receiver = new Receiver();
    /** By kind, the ids of the events that arrived: what arrives twice has the same id. */
    private final Map<Kind, Set<String>> arrived = new ConcurrentHashMap<>();

    private final Map<Kind, Integer> expected = new ConcurrentHashMap<>();

    Webhooks() {
        receiver.answer(request -> {
            receiver.requests().clear();
            JsonNode event = request.json();
            if (event.path("type").asString().equals("auth")) {
                arrived.computeIfAbsent(
                                new Kind(
                                        event.path("connectionId").asString(),
                                        event.path("operation").asString(),
                                        event.path("success").asBoolean()),
                                it -> ConcurrentHashMap.newKeySet())
                        .add(request.id());
            }
            return Receiver.Answer.of(200);
        });
    }

    String host() {
        return receiver.host();
    }

    String url() {
        return receiver.url("/");
    }

    /** @param timeline how often each event is in the connection's timeline, which was written in the same transactions */
    void expect(String connection, Store.Row timeline) {
        expect(new Kind(connection, "creation", true), timeline.count("created"));
        expect(new Kind(connection, "override", true), timeline.count("overridden"));
        expect(new Kind(connection, "refresh", true), timeline.count("refreshed") + timeline.count("recovered"));
        expect(new Kind(connection, "refresh", false), timeline.count("needs_authorization"));
    }

    private void expect(Kind kind, int times) {
        if (times > 0) {
            expected.put(kind, times);
        }
    }

    int expected() {
        return expected.values().stream().mapToInt(Integer::intValue).sum();
    }

    /** What is missing once all nodes have served for a while: each a line. */
    List<String> missing(Duration patience) {
        if (missingNow().isEmpty() || patience.isZero()) {
            return missingNow();
        }
        try {
            Awaiting.until("all webhooks arrive", patience, () -> missingNow().isEmpty());
        } catch (AssertionError e) {
            // What is missing says more.
        }
        return missingNow();
    }

    private List<String> missingNow() {
        List<String> missing = new ArrayList<>();
        expected.forEach((kind, times) -> {
            int there = arrived.getOrDefault(kind, Set.of()).size();
            for (int i = there; i < times; i++) {
                missing.add("webhook " + kind.operation() + " (" + (kind.success() ? "success" : "failure")
                        + ") of connection " + kind.connection() + ": " + there + " of " + times + " arrived");
            }
        });
        return missing;
    }

    @Override
    public void close() {
        receiver.close();
    }
}
