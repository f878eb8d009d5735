package dev.latchkey.server.webhooks.outbound;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.json.Ids;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** At least once, in order for each connection, whatever the receiver does. */
class DelivererTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Receiver receiver = new Receiver();
    private final Nodes nodes = new Nodes(receiver.host());

    @AfterEach
    void close() {
        nodes.close();
        receiver.close();
    }

    @Test
    void deliversInOrderAndLeavesNothingBehind() {
        nodes.endpoint(receiver.url("/a"));
        nodes.endpoint(receiver.url("/b"));
        nodes.deliver();
        UUID one = UUID.randomUUID();
        UUID two = UUID.randomUUID();
        for (int n = 0; n < 50; n++) {
            nodes.announce(one, n);
            nodes.announce(two, n);
        }

        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.DELIVERED).size() == 200);

        for (String path : List.of("/a", "/b")) {
            for (UUID lane : List.of(one, two)) {
                assertThat(numbers(path, lane)).isSorted().hasSize(50);
            }
        }
        await().atMost(PATIENCE).until(() -> nodes.rows("webhook_queue") + nodes.rows("webhook_lanes") == 0);
        assertThat(nodes.rows("webhook_events_default")
                        + nodes.rows("webhook_deliveries_default")
                        + nodes.rows("webhook_attempts_default"))
                .as("each row has its day's partition")
                .isZero();
    }

    @Test
    void aRolledBackChangeAnnouncesNothing() {
        nodes.endpoint(receiver.url("/"));
        nodes.deliver();
        UUID lane = UUID.randomUUID();
        assertThatThrownBy(() -> nodes.database.inTransaction(handle -> {
                    nodes.outbox.add(
                            handle,
                            new Message(
                                    nodes.environment,
                                    EventType.CONNECTION_CREATED,
                                    lane,
                                    java.util.Optional.empty(),
                                    java.util.Optional.empty(),
                                    dev.latchkey.server.json.Json.MAPPER.createObjectNode()),
                            java.util.Optional.empty());
                    throw new IllegalStateException("the change fails");
                }))
                .hasMessage("the change fails");
        nodes.announce(lane, 1);

        await().atMost(PATIENCE).until(() -> receiver.requests().size() == 1);
        assertThat(nodes.rows("webhook_events")).isEqualTo(1);
    }

    /** A queue that was stopped for two weeks: nothing false is sent in its place. */
    @Test
    void anEventThatIsNoLongerKeptIsGivenUpAndNotSent() {
        nodes.endpoint(receiver.url("/"));
        UUID lane = UUID.randomUUID();
        nodes.announce(lane, 1);
        nodes.database.withHandle(handle -> handle.execute("DELETE FROM webhook_events"));
        nodes.announce(lane, 2);
        nodes.deliver();

        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.DELIVERED).size() == 1
                        && nodes.list(Delivery.State.FAILED).size() == 1);

        assertThat(numbers("/", lane)).containsExactly(2);
    }

    /** A node that starts while others write events: to wait for their locks could be to wait for each other. */
    @Test
    void whatAKilledNodeHeldIsFreedWithoutWaitingForWhoWritesToIt() {
        nodes.endpoint(receiver.url("/"));
        UUID written = UUID.randomUUID();
        UUID quiet = UUID.randomUUID();
        nodes.announce(written, 0);
        nodes.announce(quiet, 0);
        UUID killed = UUID.randomUUID();
        nodes.database.withHandle(handle -> handle.execute(
                "UPDATE webhook_lanes SET holder = gen_random_uuid(), node = ?, due_at = now() + INTERVAL '30 seconds'",
                killed));
        DeliveryQueue queue = new DeliveryQueue(
                nodes.database,
                new Ids(InstantSource.system(), new SecureRandom()),
                InstantSource.system(),
                UUID.randomUUID());

        nodes.database.inTransaction(handle -> {
            handle.execute("SELECT 1 FROM webhook_lanes WHERE lane = ? FOR UPDATE", written);
            assertThat(CompletableFuture.runAsync(() -> queue.release(List.of(killed))))
                    .succeedsWithin(PATIENCE);
            return true;
        });

        List<UUID> due = nodes.database.withHandle(
                handle -> handle.createQuery("SELECT lane FROM webhook_lanes WHERE holder IS NULL AND due_at <= now()")
                        .mapTo(UUID.class)
                        .list());
        assertThat(due).containsExactly(quiet);
    }

    @Test
    void whatFailsIsTriedAgainBeforeWhatFollowsIt() {
        nodes.endpoint(receiver.url("/"));
        UUID lane = UUID.randomUUID();
        UUID other = UUID.randomUUID();
        Set<String> refused = new HashSet<>();
        receiver.answer(request -> request.json().get("n").asInt() == 0
                        && request.json().get("lane").asString().equals(lane.toString())
                        && refused.add(request.id())
                ? new Receiver.Answer(500, Map.of(), "no: Bearer abcdefghijklmnop \0")
                : Receiver.Answer.of(204));
        nodes.announce(lane, 0);
        nodes.announce(lane, 1);
        nodes.announce(other, 7);
        nodes.deliver();

        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.DELIVERED).size() == 1);
        assertThat(numbers("/", other)).containsExactly(7);
        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.PENDING).stream()
                        .anyMatch(one -> one.progress().attempts() == 1));
        assertThat(numbers("/", lane)).containsExactly(0);

        nodes.clock.forward(Duration.ofSeconds(6));
        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.DELIVERED).size() == 3);
        assertThat(numbers("/", lane)).containsExactly(0, 0, 1);
        List<Receiver.Request> twice = receiver.requests().stream()
                .filter(one -> one.json().get("n").asInt() == 0)
                .toList();
        assertThat(twice.getFirst().id()).isEqualTo(twice.getLast().id());

        Delivery first = nodes.list(Delivery.State.DELIVERED).stream()
                .filter(one -> one.progress().attempts() == 2)
                .findFirst()
                .orElseThrow();
        Delivery.Full full =
                nodes.deliveries.find(nodes.environment, first.id()).orElseThrow();
        assertThat(full.attempts()).hasSize(2);
        assertThat(full.attempts().getFirst().answer()).isEqualTo("no: [redacted]  ");
        assertThat(full.attempts().getFirst().error()).contains("answered 500");
    }

    @Test
    void waitsAsLongAsTheReceiverAsks() {
        nodes.endpoint(receiver.url("/"));
        receiver.answer(request -> receiver.requests().size() == 1
                ? new Receiver.Answer(429, Map.of("Retry-After", "120"), "")
                : Receiver.Answer.of(200));
        nodes.announce(UUID.randomUUID(), 1);
        nodes.deliver();

        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.PENDING).stream()
                        .anyMatch(one -> one.progress().attempts() == 1));
        Instant next = nodes.list(Delivery.State.PENDING)
                .getFirst()
                .progress()
                .nextAttemptAt()
                .orElseThrow();
        assertThat(next).isAfter(nodes.clock.instant().plusSeconds(60));
        nodes.announce(UUID.randomUUID(), 2);
        nodes.clock.forward(Duration.ofSeconds(125));

        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.DELIVERED).size() == 2);
        assertThat(receiver.requests()).as("the whole endpoint waited").hasSize(3);
    }

    @Test
    void aReceiverThatHangsDelaysNoOther() throws Exception {
        CountDownLatch released = new CountDownLatch(1);
        try {
            Endpoint stuck = nodes.endpoint(receiver.url("/stuck"));
            receiver.answer(request -> {
                if (request.path().equals("/stuck")) {
                    try {
                        released.await(60, TimeUnit.SECONDS);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                }
                return Receiver.Answer.of(200);
            });
            for (int n = 0; n < 150; n++) {
                nodes.announce(UUID.randomUUID(), n);
            }
            nodes.deliver();
            await().atMost(PATIENCE).until(() -> receiver.at("/stuck").size() >= 64);
            nodes.endpoints.update(
                    Nodes.ACTOR,
                    nodes.environment,
                    stuck.id(),
                    new Endpoint.Settings(
                            Endpoint.Role.OTHER,
                            stuck.url(),
                            "",
                            Map.of(EventType.CONNECTION_CREATED, false),
                            false,
                            true));
            nodes.endpoint(receiver.url("/fine"));
            for (int n = 0; n < 100; n++) {
                nodes.announce(UUID.randomUUID(), n);
            }

            await().atMost(PATIENCE).until(() -> receiver.at("/fine").size() == 100);
            assertThat(receiver.at("/stuck")).as("no more than its room").hasSize(64);
        } finally {
            released.countDown();
        }
        await().atMost(PATIENCE)
                .until(() -> nodes.list(Delivery.State.DELIVERED).size() == 250);
    }

    @Test
    void afterThreeDaysOfRetriesItIsGivenUpAndTheEndpointIsDisabledWithANotice() {
        Endpoint dead = nodes.endpoint(receiver.url("/dead"));
        nodes.endpoint(receiver.url("/alive"));
        receiver.answer(request -> Receiver.Answer.of(request.path().equals("/dead") ? 500 : 200));
        UUID lane = UUID.randomUUID();
        nodes.announce(lane, 1);
        nodes.deliver();
        Instant begin = nodes.clock.instant();

        await().atMost(PATIENCE.multipliedBy(3)).until(() -> {
            nodes.clock.forward(Duration.ofHours(1));
            return nodes.list(Delivery.State.FAILED).size() == 1;
        });
        assertThat(receiver.at("/dead")).hasSizeLessThanOrEqualTo(RetrySchedule.WAITS.size() + 1);
        nodes.clock.forward(Duration.ofDays(1));
        nodes.upkeep.run();

        Endpoint now = nodes.endpoints.find(nodes.environment, dead.id()).orElseThrow();
        assertThat(now.enabled()).isFalse();
        assertThat(now.health().disabledReason()).contains("no delivery has succeeded for 3 days");
        await().atMost(PATIENCE)
                .until(() -> receiver.at("/alive").stream()
                        .anyMatch(one -> one.header("x-latchkey-event").equals("webhook_endpoint.disabled")));
        nodes.announce(lane, 2);
        List<Delivery> failed = nodes.list(Delivery.State.FAILED);
        assertThat(failed).hasSize(2);

        // The operator fixes the receiver, enables the endpoint and replays what failed.
        receiver.answer(request -> Receiver.Answer.of(200));
        nodes.endpoints.update(
                Nodes.ACTOR,
                nodes.environment,
                dead.id(),
                new Endpoint.Settings(dead.role(), dead.url(), "", Map.of(), false, true));
        int before = receiver.at("/dead").size();
        assertThat(nodes.deliveries.replayFailed(Nodes.ACTOR, nodes.environment, java.util.Optional.empty(), begin))
                .isEqualTo(new Replays.Begun(2, false));
        await().atMost(PATIENCE).until(() -> receiver.at("/dead").size() == before + 2);
        List<Receiver.Request> all = receiver.at("/dead");
        assertThat(all.get(before).json().get("n").asInt()).isEqualTo(1);
        assertThat(all.get(before + 1).json().get("n").asInt()).isEqualTo(2);
        assertThat(all.get(before).id()).isEqualTo(all.getFirst().id());
        await().atMost(PATIENCE).until(() -> nodes.rows("webhook_queue") == 0);
        assertThat(nodes.deliveries.replayFailed(Nodes.ACTOR, nodes.environment, java.util.Optional.empty(), begin))
                .as("what has arrived is not sent a third time")
                .isEqualTo(new Replays.Begun(0, false));
    }

    @Test
    void aReceiverThatIsGoneForGoodIsDisabledAtOnce() {
        Endpoint gone = nodes.endpoint(receiver.url("/"));
        receiver.answer(request -> Receiver.Answer.of(410));
        nodes.announce(UUID.randomUUID(), 1);
        nodes.deliver();

        await().atMost(PATIENCE)
                .until(() -> !nodes.endpoints
                        .find(nodes.environment, gone.id())
                        .orElseThrow()
                        .enabled());
    }

    @Test
    void aNodeThatDiesLosesItsClaimsToAnother() {
        nodes.endpoint(receiver.url("/"));
        UUID lane = UUID.randomUUID();
        nodes.announce(lane, 1);
        // A node claims, and is never heard of again.
        DeliveryQueue dead = new DeliveryQueue(nodes.database, nodes.ids, nodes.clock, UUID.randomUUID());
        assertThat(dead.claim(Map.of(), 10, 10)).hasSize(1);
        nodes.deliver();
        nodes.announce(lane, 2);
        nodes.announce(UUID.randomUUID(), 3);
        await().atMost(PATIENCE).until(() -> receiver.requests().size() == 1);
        assertThat(numbers("/", lane)).isEmpty();

        nodes.clock.forward(DeliveryQueue.LEASE.plusSeconds(1));

        await().atMost(PATIENCE).until(() -> receiver.requests().size() == 3);
        assertThat(numbers("/", lane)).containsExactly(1, 2);
    }

    /** Killed and started again: it knows that it was itself. */
    @Test
    void whatAProcessHadClaimedIsDeliveredAtOnceByItsSuccessor() {
        nodes.endpoint(receiver.url("/"));
        UUID killed = UUID.randomUUID();
        UUID lane = UUID.randomUUID();
        UUID another = UUID.randomUUID();
        nodes.announce(lane, 1);
        assertThat(new DeliveryQueue(nodes.database, nodes.ids, nodes.clock, killed).claim(Map.of(), 10, 10))
                .hasSize(1);
        nodes.announce(another, 2);
        assertThat(new DeliveryQueue(nodes.database, nodes.ids, nodes.clock, UUID.randomUUID()).claim(Map.of(), 10, 10))
                .hasSize(1);

        nodes.deliver(List.of(killed));

        await().atMost(PATIENCE).until(() -> receiver.requests().size() == 1);
        assertThat(numbers("/", lane)).containsExactly(1);
        assertThat(numbers("/", another)).as("that node may be alive").isEmpty();
    }

    @Test
    void severalNodesUnderALoadOfWritersKeepTheOrder() throws Exception {
        long seed = new Random().nextLong();
        System.getLogger("test").log(System.Logger.Level.INFO, "seed {0}", seed);
        Random dice = new Random(seed);
        nodes.endpoint(receiver.url("/"));
        nodes.deliver();
        nodes.deliver();
        List<UUID> lanes = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            lanes.add(UUID.randomUUID());
        }
        Map<UUID, Integer> counts = new HashMap<>();
        for (int i = 0; i < 1_000; i++) {
            counts.merge(lanes.get(dice.nextInt(lanes.size())), 1, Integer::sum);
        }
        List<Thread> writers = new ArrayList<>();
        counts.forEach((lane, count) -> writers.add(Thread.ofVirtual().start(() -> {
            for (int n = 0; n < count; n++) {
                nodes.announce(lane, n);
            }
        })));
        for (Thread writer : writers) {
            writer.join();
        }

        await().atMost(PATIENCE).until(() -> nodes.rows("webhook_queue") == 0);
        counts.forEach((lane, count) ->
                assertThat(numbers("/", lane)).as("seed %d", seed).isSorted().hasSize(count));
        await().atMost(PATIENCE).until(() -> nodes.rows("webhook_lanes") == 0);
    }

    private List<Integer> numbers(String path, UUID lane) {
        return receiver.at(path).stream()
                .filter(one -> one.json().path("lane").asString("").equals(lane.toString()))
                .map(one -> one.json().get("n").asInt())
                .toList();
    }
}
