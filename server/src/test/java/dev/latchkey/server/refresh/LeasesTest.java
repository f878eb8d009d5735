package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.refresh.leases.Claim;
import dev.latchkey.server.refresh.leases.ClaimStatements;
import dev.latchkey.server.refresh.leases.Holdings;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.refresh.leases.Moment;
import dev.latchkey.server.refresh.leases.UnreadableRows;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.SharedClock;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import dev.latchkey.server.waiting.Awaiting;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes and one connection: what one does late must not take the other's lease. */
class LeasesTest {
    /** One that lets others read, and one that does not. */
    private static final List<String> LOCKS = List.of("SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE");

    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final SecureRandom random = new SecureRandom();
    private Latchkey latchkey;
    private Database database;
    private Vault vault;
    private Timeline timeline;
    private DatabaseAddress address;
    private Announcements announcements;
    private Connection connection;
    private Leases here;
    private Leases there;
    private RefreshStore store;
    /** Of the first node. */
    private Holdings holdings;

    @BeforeEach
    void start() {
        var settings = vendor.settings(providers);
        settings.put("LATCHKEY_REFRESH_AHEAD", "false");
        latchkey = Latchkey.start(settings);
        vendor.integration(latchkey, "v");
        vendor.connection(latchkey, "v", "c", "2020-01-01T00:00:00Z");
        address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        database = Database.open(address);
        Path key = Path.of(latchkey.settings.getOrDefault("LATCHKEY_DATA_DIR", ""), "encryption.key");
        vault = Vault.open(MasterKey.load(Optional.empty(), key, () -> false, random), database, random);
        Ids ids = new Ids(InstantSource.system(), random);
        timeline = new Timeline(ids, InstantSource.system(), List.of());
        announcements = new Announcements(database);
        Connections connections = new Connections(
                database,
                vault,
                ids,
                InstantSource.system(),
                timeline,
                new AuditLog(database, vault, random, InstantSource.system(), EnvironmentFragments::name),
                announcements,
                new Listener(address));
        UUID[] row = database.withHandle(handle -> handle.createQuery("SELECT environment_id, id FROM connections")
                .map((result, context) -> new UUID[] {result.getObject(1, UUID.class), result.getObject(2, UUID.class)})
                .one());
        connection = connections.byId(row[0], row[1]).orElseThrow();
        holdings = new Holdings(InstantSource.system());
        here = leases(database, holdings);
        there = leases(database, new Holdings(InstantSource.system()));
        store = new RefreshStore(database, vault, connections, timeline, here);
    }

    @AfterEach
    void stop() {
        announcements.close();
        database.close();
        latchkey.close();
        vendor.close();
    }

    private Leases leases(Database pool, Holdings holdings) {
        return leases(pool, holdings, InstantSource.system());
    }

    /** @param own its machine's clock */
    private Leases leases(Database pool, Holdings holdings, InstantSource own) {
        return new Leases(
                pool,
                new ConnectionRows(vault),
                new UnreadableRows(pool, timeline),
                UUID.randomUUID(),
                List.of(),
                holdings,
                new SharedClock(InstantSource.system(), System::nanoTime),
                own);
    }

    private static Finished failed(Claim claim) {
        Instant now = Instant.now();
        Connection before = claim.connection();
        Failure failure = new Failure(Failure.Kind.TRANSIENT, now, 1, "log", Optional.of(now.plusSeconds(30)));
        return new Finished.Failed(
                claim, before.failing(Optional.of(failure), before.upkeep(), now), "the provider answered 503");
    }

    private boolean isHeldUnder(Claim claim) {
        return database.withHandle(
                handle -> handle.createQuery("SELECT count(*) FROM connections WHERE lease_until = :until")
                                .bind("until", claim.until())
                                .mapTo(Long.class)
                                .one()
                        == 1);
    }

    /** The commit's answer was lost, so it is written again; in the meantime another node has begun. */
    @Test
    void aFailureThatIsWrittenTwiceCountsOnceAndTakesNobodysLease() {
        Claim first = here.claim(connection).orElseThrow();
        assertThat(there.claim(connection)).isEmpty();
        assertThat(store.write(caused(failed(first)))).containsExactly(true);
        Claim second = there.claim(connection).orElseThrow();

        assertThat(store.write(caused(failed(first)))).containsExactly(false);

        assertThat(isHeldUnder(second)).isTrue();
        assertThat(here.claim(connection)).isEmpty();
        long reported = database.withHandle(
                handle -> handle.createQuery("SELECT count(*) FROM timeline WHERE event = 'refresh_failed'")
                        .mapTo(Long.class)
                        .one());
        assertThat(reported).isEqualTo(1);
    }

    @Test
    void aLateWriteUnderAFinishedLeaseLeavesTheNextLeaseOfItsNodeAlone() {
        Claim first = here.claim(connection).orElseThrow();
        store.write(caused(failed(first)));
        Claim second = here.claim(connection).orElseThrow();

        assertThat(store.write(caused(failed(first), new Finished.PutOff(first, first.connection()))))
                .containsExactly(false, false);
        assertThat(isHeldUnder(second)).isTrue();
        here.abandoned(second);
        here.tidy();
        assertThat(there.claim(connection)).as("it is given back").isPresent();
    }

    private void update(String sql) {
        database.withHandle(handle -> handle.execute(sql));
    }

    private static void calm(Leases leases) {
        for (int i = 0; i < 20; i++) {
            leases.presence().beat();
        }
    }

    /** P15: its first claim ended, and the same node holds another one, when the first gives up at last. */
    @Test
    void givingUpAnOldClaimDoesNotGiveBackTheNextOneOfItsNode() {
        Claim first = here.claim(connection).orElseThrow();
        update("UPDATE connections SET lease_holder = NULL, lease_until = NULL");
        Claim second = here.claim(connection).orElseThrow();

        here.abandoned(first);
        here.tidy();

        assertThat(isHeldUnder(second)).isTrue();
        assertThat(there.claim(connection)).isEmpty();
        here.abandoned(second);
        here.tidy();
        assertThat(there.claim(connection)).isPresent();
    }

    private Handle locked(String mode) {
        Handle locking =
                Jdbi.open(address.jdbcUrl(), address.user(), address.password().reveal());
        locking.begin();
        locking.execute("LOCK TABLE connections IN " + mode + " MODE");
        return locking;
    }

    @Test
    void aClaimGivesUpWhenTheLockOutlastsItsPoolsPatience() {
        try (Database hasty = database.beside("hasty", 1, Duration.ofMillis(300), Duration.ofSeconds(30))) {
            Leases leases = leases(hasty, new Holdings(InstantSource.system()));
            for (String mode : LOCKS) {
                try (Handle locking = locked(mode)) {
                    assertThatThrownBy(() -> leases.claim(connection)).as(mode).matches(DatabaseFailures::isLocked);
                    locking.commit();
                }
            }
        }
        assertThat(here.claim(connection)).isPresent();
    }

    /** Its pool would wait for longer: the lock is released in time, but by then the claim's deadline is over. */
    @Test
    void aClaimThatStoodInAQueueTakesNothing() throws Exception {
        try (Database patient = database.beside("patient", 1, Duration.ofSeconds(60), Duration.ofSeconds(90));
                ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Leases leases = leases(patient, new Holdings(InstantSource.system()));
            for (String mode : LOCKS) {
                try (Handle locking = locked(mode)) {
                    Future<Optional<Claim>> late = threads.submit(() -> leases.claim(connection));
                    Awaiting.until("it has waited for longer than a claim may", () -> isAnyWaiting("2 seconds"));
                    locking.commit();
                    assertThat(late.get()).as(mode).isEmpty();
                }
            }
        }
        assertThat(here.claim(connection)).isPresent();
    }

    /** Whether a transaction that began this long ago waits for a lock. */
    private boolean isAnyWaiting(String since) {
        return database.withHandle(handle -> handle.createQuery("""
                        SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database()
                            AND wait_event_type = 'Lock' AND xact_start < clock_timestamp() - CAST(:since AS interval))""")
                .bind("since", since)
                .mapTo(Boolean.class)
                .one());
    }

    @Test
    void aClaimThatWasMeantForTheDatabaseBeforeAFailoverTakesNothing() {
        here.presence().beat();
        String known = here.presence().history();
        assertThat(known).hasSize(8);
        assertThat(claimed(ClaimStatements.asked("other"), "00000000")).isZero();
        assertThat(claimed(ClaimStatements.asked(known), known)).isEqualTo(1);
    }

    private long claimed(String statement, String history) {
        return database.withHandle(handle -> handle.createQuery(statement)
                .bindArray("environments", UUID.class, connection.environment())
                .bindArray("ids", UUID.class, connection.id())
                .bindArray("versions", Long.class, connection.version())
                .bind("node", UUID.randomUUID())
                .bind("lease", 1000)
                .bind("deadline", OffsetDateTime.now().plusSeconds(2))
                .bindArray("untouchable", UUID.class, List.of())
                .bindArray("dead", UUID.class, List.of())
                .bind("calm", true)
                .bind("history", history)
                .mapToMap()
                .list()
                .size());
    }

    /** P6, and every stall: what is said is what counts, whatever became of the row. */
    @Test
    void whatALivingNodeSaysThatItHoldsIsNotTakenOverHoweverOldItsLease() {
        Claim claim = here.claim(connection).orElseThrow();
        calm(there);
        holdings.answered(connection.id());
        here.presence().beat();
        update("UPDATE connections SET lease_until = now() - INTERVAL '10 minutes', expires_at = now()");
        assertThat(there.claim(connection)).as("it has the answer").isEmpty();
        assertThat(here.claim(connection)).as("nor does it take it itself").isEmpty();

        update("UPDATE refresh_nodes SET alive_until = now() - INTERVAL '59 minutes'");
        assertThat(there.claim(connection))
                .as("it fell silent, and its journal may come back")
                .isEmpty();
        update("UPDATE refresh_nodes SET alive_until = now() - INTERVAL '61 minutes'");
        assertThat(there.claim(connection)).as("for an hour").isPresent();
        holdings.written(connection.id());
        here.abandoned(claim);
    }

    @Test
    void whatALivingNodeAsksForIsNotTakenOverEither() {
        Claim old = here.claim(connection).orElseThrow();
        holdings.took(old.extended(
                old.until(),
                new Moment(
                        old.askedFor().nanos() - 10_000_000_000L, old.askedFor().wall())));
        calm(there);
        here.presence().beat();
        update("UPDATE connections SET lease_until = now() - INTERVAL '10 minutes', expires_at = now()");
        assertThat(there.claim(connection)).isEmpty();

        update("UPDATE refresh_nodes SET alive_until = now() - INTERVAL '1 second'");
        assertThat(there.claim(connection))
                .as("it fell silent, and the credential is over")
                .isPresent();
    }

    @Test
    void noNodeTakesOverBeforeTheDatabaseHasWorkedForAWhile() {
        assertThat(here.claim(connection)).isPresent();
        update("UPDATE connections SET lease_until = now() - INTERVAL '10 minutes', expires_at = now()");
        for (int i = 0; i < 14; i++) {
            there.presence().beat();
            assertThat(there.claim(connection)).isEmpty();
        }
        there.wasAway();
        there.presence().beat();
        assertThat(there.claim(connection))
                .as("a failure begins the count again")
                .isEmpty();
        calm(there);
        assertThat(there.claim(connection)).isPresent();
    }

    /** A beat that waits for a stalled database says nothing yet; the ones before it were in time. */
    @Test
    void noLeaseIsTakenOverWhileTheNextBeatIsOverdue() {
        assertThat(here.claim(connection)).isPresent();
        update("UPDATE connections SET lease_until = now() - INTERVAL '10 minutes', expires_at = now()");
        AtomicReference<Duration> since = new AtomicReference<>(Duration.ZERO);
        Leases other = leases(
                database,
                new Holdings(InstantSource.system()),
                () -> Instant.now().plus(since.get()));
        calm(other);

        since.set(Duration.ofSeconds(3));
        assertThat(other.claim(connection)).isEmpty();

        other.presence().beat();
        assertThat(other.claim(connection)).isPresent();
    }

    @Test
    void aLeaseIsExtendedByWhoHasItAlone() {
        Claim first = here.claim(connection).orElseThrow();
        Claim longer = here.extend(first).orElseThrow();

        assertThat(longer.until()).isAfter(first.until());
        assertThat(here.extend(first)).as("it is another lease by now").isEmpty();
        assertThat(store.write(caused(failed(first)))).containsExactly(false);
        assertThat(isHeldUnder(longer)).isTrue();
        database.withHandle(
                handle -> handle.execute("UPDATE connections SET lease_until = now() - INTERVAL '1 minute'"));
        assertThat(here.extend(longer)).isEmpty();
    }

    private static List<RefreshStore.Caused> caused(Finished... results) {
        return Stream.of(results).map(RefreshStore.Caused::new).toList();
    }
}
