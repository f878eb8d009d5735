package dev.latchkey.server.webhooks.outbound;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Nodes are killed (-9) and the receiver goes away while events are made: each is delivered, none out of order for its connection,
 * and what comes twice has the same id. {@code -Dstorm.events=100000} makes it the long run.
 */
class StormTest {
    private static final int EVENTS = Integer.getInteger("storm.events", 3_000);
    private static final Duration PATIENCE = Duration.ofMinutes(EVENTS > 10_000 ? 30 : 5);
    private static final int WRITERS = 4;
    private static final int AT_ONCE = 10;

    private final Receiver receiver = new Receiver();
    private final Nodes nodes = new Nodes(receiver.host());
    private final List<Process> started = new ArrayList<>();

    @AfterEach
    void close() {
        started.forEach(Process::destroyForcibly);
        nodes.close();
        receiver.close();
    }

    /** What one connection's events were received as, in order. */
    private record Arrival(String id, int n) {}

    @Test
    void everyEventArrivesInOrderWhateverIsKilled() throws Exception {
        long seed = Long.getLong("storm.seed", new Random().nextLong());
        System.getLogger("test").log(System.Logger.Level.INFO, "-Dstorm.seed={0}", Long.toString(seed));
        Random dice = new Random(seed);
        nodes.endpoint(receiver.url("/"));
        Map<String, List<Arrival>> arrivals = new ConcurrentHashMap<>();
        AtomicInteger received = new AtomicInteger();
        receiver.answer(request -> {
            String lane = request.json().get("lane").asString();
            List<Arrival> of = arrivals.computeIfAbsent(lane, it -> new ArrayList<>());
            synchronized (of) {
                of.add(new Arrival(request.id(), request.json().get("n").asInt()));
            }
            received.incrementAndGet();
            receiver.requests().clear();
            // Now and then the answer is a fault although the event has arrived, or is lost on its way.
            return Receiver.Answer.of(Math.floorMod(request.hashCode(), 500) == 0 ? 500 : 200);
        });
        Process first = launch();
        Process second = launch();
        awaitRunning(2);

        int lanes = Math.max(20, EVENTS / 100);
        List<UUID> connections = new ArrayList<>();
        for (int i = 0; i < lanes; i++) {
            connections.add(new UUID(dice.nextLong(), dice.nextLong()));
        }
        AtomicInteger announced = new AtomicInteger();
        List<Thread> writers = new ArrayList<>();
        for (int w = 0; w < WRITERS; w++) {
            int part = w;
            writers.add(Thread.ofVirtual().start(() -> {
                for (int n = 0; n < EVENTS / lanes; n++) {
                    // Each connection has one writer: the order of its events is known.
                    for (int lane = part; lane < lanes; lane += WRITERS * AT_ONCE) {
                        List<UUID> some = new ArrayList<>();
                        for (int one = lane; one < lanes && some.size() < AT_ONCE; one += WRITERS) {
                            some.add(connections.get(one));
                        }
                        nodes.announce(some, n);
                        announced.addAndGet(some.size());
                    }
                }
            }));
        }

        await().atMost(PATIENCE).until(() -> received.get() > EVENTS / 5);
        first.destroyForcibly().waitFor();
        first = launch();
        awaitRunning(3);
        await().atMost(PATIENCE).until(() -> received.get() > EVENTS / 3);
        receiver.stop();
        int whileDown = announced.get();
        await().atMost(PATIENCE)
                .until(() -> announced.get() >= Math.min(lanes * (EVENTS / lanes), whileDown + EVENTS / 20));
        receiver.startAgain();
        await().atMost(PATIENCE).until(() -> received.get() > EVENTS / 2);
        second.destroyForcibly().waitFor();
        second = launch();
        for (Thread writer : writers) {
            writer.join();
        }

        await().atMost(PATIENCE).until(() -> nodes.rows("webhook_queue") == 0);
        int expected = EVENTS / lanes;
        int events = 0;
        for (UUID connection : connections) {
            List<Integer> inOrder = new ArrayList<>();
            Set<String> seen = new HashSet<>();
            Map<String, Integer> ofId = new HashMap<>();
            for (Arrival arrival : arrivals.getOrDefault(connection.toString(), List.of())) {
                if (seen.add(arrival.id())) {
                    inOrder.add(arrival.n());
                }
                assertThat(ofId.merge(arrival.id(), arrival.n(), (a, b) -> a.equals(b) ? a : -1))
                        .as("a duplicate is the same event, seed %d", seed)
                        .isEqualTo(arrival.n());
            }
            assertThat(inOrder)
                    .as("connection %s, seed %d", connection, seed)
                    .isSorted()
                    .doesNotHaveDuplicates()
                    .hasSize(expected);
            events += inOrder.size();
        }
        assertThat(events).isEqualTo(expected * lanes);
        System.getLogger("test")
                .log(
                        System.Logger.Level.INFO,
                        "{0} events of {1} connections arrived, {2} requests in all",
                        events,
                        lanes,
                        received.get());
        assertThat(first.isAlive() && second.isAlive()).isTrue();
    }

    /** So that what is killed next is at work. */
    private void awaitRunning(int starts) {
        await().atMost(PATIENCE)
                .until(() -> Files.readString(nodes.dataDirectory.resolve("nodes.log"))
                                .split("Latchkey is running", -1)
                                .length
                        > starts);
    }

    private Process launch() throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        "dev.latchkey.server.Main")
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        nodes.dataDirectory.resolve("nodes.log").toFile()));
        builder.environment().keySet().removeIf(name -> name.startsWith("LATCHKEY_"));
        builder.environment()
                .putAll(Map.of(
                        "LATCHKEY_PORT",
                        Integer.toString(Latchkey.freePort()),
                        "LATCHKEY_DATABASE_URL",
                        nodes.databaseUrl,
                        "LATCHKEY_DATA_DIR",
                        nodes.dataDirectory.toString(),
                        "LATCHKEY_EGRESS_ALLOW",
                        receiver.host()));
        Process process = builder.start();
        started.add(process);
        return process;
    }
}
