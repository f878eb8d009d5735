package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connection.Failure;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.operations.Ids;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two nodes and one connection: what one does late must not take the other's lease. */
class LeasesTest {
    @TempDir
    Path providers;

    private final TokenVendor vendor = new TokenVendor();
    private final SecureRandom random = new SecureRandom();
    private Latchkey latchkey;
    private Database database;
    private Announcements announcements;
    private Connection connection;
    private Leases here;
    private Leases there;
    private RefreshStore store;

    @BeforeEach
    void start() {
        var settings = vendor.settings(providers);
        settings.put("LATCHKEY_REFRESH_AHEAD", "false");
        latchkey = Latchkey.start(settings);
        vendor.integration(latchkey, "v");
        vendor.connection(latchkey, "v", "c", "2020-01-01T00:00:00Z");
        DatabaseAddress address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        database = Database.open(address);
        Path key = Path.of(latchkey.settings.getOrDefault("LATCHKEY_DATA_DIR", ""), "encryption.key");
        Vault vault = Vault.open(MasterKey.load(Optional.empty(), key, random), database, random);
        Ids ids = new Ids(InstantSource.system(), random);
        Timeline timeline = new Timeline(ids, InstantSource.system(), List.of());
        announcements = new Announcements(database);
        Connections connections = new Connections(
                database, vault, ids, InstantSource.system(), timeline, announcements, new Listener(address));
        UUID[] row = database.withHandle(handle -> handle.createQuery("SELECT environment_id, id FROM connections")
                .map((result, context) -> new UUID[] {result.getObject(1, UUID.class), result.getObject(2, UUID.class)})
                .one());
        connection = connections.byId(row[0], row[1]).orElseThrow();
        here = leases(vault, timeline);
        there = leases(vault, timeline);
        store = new RefreshStore(database, vault, connections, timeline, here);
    }

    @AfterEach
    void stop() {
        announcements.close();
        database.close();
        latchkey.close();
        vendor.close();
    }

    private Leases leases(Vault vault, Timeline timeline) {
        InstantSource clock = InstantSource.system();
        return new Leases(
                database,
                new ConnectionRows(vault),
                new UnreadableRows(database, timeline),
                UUID.randomUUID(),
                List.of(),
                new Holdings(clock),
                new SharedClock(clock, System::nanoTime),
                clock);
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

    /** The commit's answer was lost, so it is written again; meanwhile another node has begun. */
    @Test
    void aFailureThatIsWrittenTwiceCountsOnceAndTakesNobodysLease() {
        Claim first = here.claim(connection).orElseThrow();
        assertThat(there.claim(connection)).isEmpty();
        assertThat(store.write(List.of(failed(first)))).containsExactly(true);
        Claim second = there.claim(connection).orElseThrow();

        assertThat(store.write(List.of(failed(first)))).containsExactly(false);

        assertThat(isHeldUnder(second)).isTrue();
        assertThat(here.claim(connection)).isEmpty();
        long told = database.withHandle(
                handle -> handle.createQuery("SELECT count(*) FROM timeline WHERE event = 'refresh_failed'")
                        .mapTo(Long.class)
                        .one());
        assertThat(told).isEqualTo(1);
    }

    @Test
    void norDoesItTakeTheNextLeaseOfItsOwnNode() {
        Claim first = here.claim(connection).orElseThrow();
        store.write(List.of(failed(first)));
        Claim second = here.claim(connection).orElseThrow();

        assertThat(store.write(List.of(failed(first), new Finished.PutOff(first, first.connection()))))
                .containsExactly(false, false);
        assertThat(isHeldUnder(second)).isTrue();
        here.abandoned(second);
        here.tidy();
        assertThat(there.claim(connection)).as("it is given back").isPresent();
    }

    @Test
    void aLeaseIsExtendedByWhoHasItAlone() {
        Claim first = here.claim(connection).orElseThrow();
        Claim longer = here.extend(first).orElseThrow();

        assertThat(longer.until()).isAfter(first.until());
        assertThat(here.extend(first)).as("it is another lease by now").isEmpty();
        assertThat(store.write(List.of(failed(first)))).containsExactly(false);
        assertThat(isHeldUnder(longer)).isTrue();
        database.withHandle(
                handle -> handle.execute("UPDATE connections SET lease_until = now() - INTERVAL '1 minute'"));
        assertThat(here.extend(longer)).isEmpty();
    }
}
