package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.egress.Backoff;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.hosts.VendorHost;
import dev.latchkey.server.refresh.leases.FairShare;
import dev.latchkey.server.refresh.leases.Lane;
import dev.latchkey.server.refresh.leases.Moment;
import dev.latchkey.server.storage.SharedClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/** The small decisions: how long to wait, whether a vendor fails for all connections, who gets a place, what time it is. */
public class PoliciesTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final RandomGenerator STILL = () -> 0L;

    public static Connection connection(
            Optional<Connection.Failure> failure, Connection.Upkeep upkeep, Credentials credentials) {
        return new Connection(
                new Connection.Identity(
                        UUID.randomUUID(), UUID.randomUUID(), 1, UUID.randomUUID(), "key", "google", "name"),
                new Connection.Grant(credentials, Map.of(), Json.MAPPER.createObjectNode(), GrantedScopes.UNKNOWN),
                1,
                new Connection.Description(
                        Json.MAPPER.createObjectNode(), Map.of(), Optional.empty(), Optional.empty()),
                failure,
                upkeep,
                new Connection.Times(NOW.minus(Duration.ofDays(2)), NOW.minus(Duration.ofDays(1)), Optional.empty()),
                Optional.empty());
    }

    private static Connection any() {
        return connection(Optional.empty(), Connection.Upkeep.of(Connection.Schedule.NEVER), new Credentials.None());
    }

    @Test
    void waitsTwiceAsLongWithEachFailureUpToAnHourAndNeverLessThanAsked() {
        Backoff backoff = Backoff.STANDARD;

        assertThat(backoff.after(0, Optional.empty(), STILL)).isEqualTo(Duration.ofSeconds(30));
        assertThat(backoff.after(3, Optional.empty(), STILL)).isEqualTo(Duration.ofSeconds(240));
        assertThat(backoff.after(1_000_000, Optional.empty(), STILL)).isEqualTo(Duration.ofHours(1));
        assertThat(backoff.after(0, Optional.of(Duration.ofMinutes(10)), STILL)).isEqualTo(Duration.ofMinutes(10));
        assertThat(backoff.after(0, Optional.of(Duration.ofDays(999)), STILL)).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void aVendorThatFailsForFiveConnectionsInARowIsAskedByProbesUntilOneIsAnswered() {
        VendorHost host = new VendorHost(STILL);
        Connection same = any();
        for (int i = 0; i < 10; i++) {
            host.enter(NOW);
            assertThat(host.failed(same, NOW)).as("one connection is not all").isEmpty();
        }
        List<Connection> failed = new ArrayList<>(List.of(same));
        Optional<List<Connection>> opened = Optional.empty();
        for (int i = 0; i < 4; i++) {
            Connection another = any();
            failed.add(another);
            host.enter(NOW);
            opened = host.failed(another, NOW);
        }

        assertThat(opened).contains(failed);
        assertThat(host.room(NOW)).isZero();
        assertThat(host.answersReaders(NOW)).isFalse();
        Instant later = NOW.plus(Duration.ofSeconds(10));
        assertThat(host.room(later)).isEqualTo(1);
        host.enter(later);
        assertThat(host.room(later)).as("one probe at a time").isZero();
        assertThat(host.failed(any(), later)).isEmpty();
        assertThat(host.room(later.plusSeconds(10)))
                .as("the next one waits for longer")
                .isZero();
        Instant muchLater = later.plus(Duration.ofSeconds(20));
        host.enter(muchLater);
        assertThat(host.answered()).isTrue();
        assertThat(host.room(muchLater)).isEqualTo(VendorHost.MOST_AT_ONCE);
    }

    @Test
    void aVendorThatAsksForLessGetsHalfAndThenSlowlyMore() {
        VendorHost host = new VendorHost(STILL);
        host.enter(NOW);
        host.throttled(NOW, Optional.of(Duration.ofSeconds(30)));

        assertThat(host.room(NOW)).isZero();
        Instant later = NOW.plusSeconds(30);
        assertThat(host.room(later)).isEqualTo(50);
        for (int i = 0; i < 60; i++) {
            host.enter(later);
            host.answered();
        }
        assertThat(host.room(later)).isEqualTo(51);
    }

    @Test
    void whatIsClaimedHasItsRoomBeforeItAsks() {
        VendorHost host = new VendorHost(STILL);
        VendorHost.Seat asks = host.seat();
        VendorHost.Seat doesNot = host.seat();
        assertThat(host.room(NOW)).isEqualTo(VendorHost.MOST_AT_ONCE - 2);

        host.enter(NOW);
        asks.close();
        asks.close();
        assertThat(host.room(NOW)).isEqualTo(VendorHost.MOST_AT_ONCE - 2);
        doesNot.close();
        assertThat(host.room(NOW)).isEqualTo(VendorHost.MOST_AT_ONCE - 1);
    }

    @Test
    void aLargeEnvironmentDoesNotKeepASmallOneWaiting() {
        UUID large = UUID.randomUUID();
        UUID small = UUID.randomUUID();
        List<Lane> lanes = List.of(
                new Lane(large, UUID.randomUUID(), "a.example", false),
                new Lane(large, UUID.randomUUID(), "a.example", false),
                new Lane(large, UUID.randomUUID(), "b.example", true),
                new Lane(small, UUID.randomUUID(), "a.example", false),
                new Lane(small, UUID.randomUUID(), "full.example", false));

        List<Integer> shares = new FairShare().of(lanes, 20, host -> host.equals("full.example") ? 0 : 100);

        assertThat(shares.stream().mapToInt(Integer::intValue).sum()).isEqualTo(20);
        assertThat(shares.get(3)).isEqualTo(10);
        assertThat(shares.get(2)).as("one probe").isEqualTo(1);
        assertThat(shares.get(4)).isZero();
        assertThat(new FairShare()
                        .of(lanes, 1_000, host -> 7).stream()
                                .mapToInt(Integer::intValue)
                                .sum())
                .as("no host gets more than it has room for")
                .isEqualTo(7 + 1 + 7);
    }

    /** P8: fewer places come free at once than there are lanes. */
    @Test
    void eachLaneHasItsTurnHoweverFewPlacesAreFree() {
        for (boolean oneEnvironment : List.of(true, false)) {
            FairShare fair = new FairShare();
            UUID environment = UUID.randomUUID();
            List<Lane> lanes = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                lanes.add(
                        new Lane(oneEnvironment ? environment : UUID.randomUUID(), UUID.randomUUID(), "h" + i, false));
            }
            Map<UUID, Integer> given = new HashMap<>();
            for (int claim = 0; claim < 1_000; claim++) {
                // PostgreSQL gives them in no order.
                Collections.shuffle(lanes, new Random(claim));
                List<Integer> shares = fair.of(lanes, 32, host -> 100);
                for (int i = 0; i < lanes.size(); i++) {
                    given.merge(lanes.get(i).integration(), shares.get(i), Integer::sum);
                }
            }
            assertThat(given.values()).isNotEmpty().allMatch(places -> places >= 155 && places <= 165);
        }
    }

    /** P16: the monotonic clock stops while a machine is suspended. */
    @Test
    void aClaimIsStaleByWhicheverClockSaysThatMoreTimeHasPassed() {
        AtomicReference<Instant> wall = new AtomicReference<>(NOW);
        Moment suspended = Moment.now(wall::get);
        assertThat(suspended.passed(wall::get)).isLessThan(Duration.ofSeconds(5));
        wall.set(NOW.plus(Duration.ofMinutes(5)));
        assertThat(suspended.passed(wall::get)).isGreaterThanOrEqualTo(Duration.ofMinutes(5));

        Moment setBack = new Moment(System.nanoTime() - Duration.ofSeconds(20).toNanos(), NOW);
        wall.set(NOW.minus(Duration.ofHours(1)));
        assertThat(setBack.passed(wall::get)).isGreaterThanOrEqualTo(Duration.ofSeconds(20));
    }

    @Test
    void theDatabasesTimeCountsWhereTheNodesIsWrong() {
        AtomicReference<Instant> own = new AtomicReference<>(NOW);
        AtomicLong nanos = new AtomicLong(0);
        SharedClock clock = new SharedClock(own::get, nanos::get);
        assertThat(clock.instant()).isEqualTo(NOW);

        clock.read(NOW.plusSeconds(2));
        assertThat(clock.instant()).as("within the tolerance the node's own").isEqualTo(NOW);

        own.set(NOW.plus(Duration.ofHours(5)));
        nanos.addAndGet(Duration.ofSeconds(10).toNanos());
        assertThat(clock.instant()).as("it jumped forward").isEqualTo(NOW.plusSeconds(12));
        own.set(NOW.minus(Duration.ofDays(1)));
        assertThat(clock.instant()).as("and back").isEqualTo(NOW.plusSeconds(12));
        clock.read(NOW.plusSeconds(12));
        assertThat(clock.isWrong()).isTrue();
    }
}
