package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.health.Incidents;
import dev.latchkey.server.refresh.hosts.VendorHost;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import dev.latchkey.server.webhooks.outbound.Outbox;
import dev.latchkey.server.webhooks.outbound.WebhookAddresses;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two nodes and a vendor with faults of every kind, over simulated time: what its receiver is sent of them. */
class IncidentsTest {
    @TempDir
    Path definitions;

    private final TokenVendor vendor = new TokenVendor();
    private final Random random = new Random(16);
    /** As exact as the database keeps it. */
    private Instant now = Instant.now().truncatedTo(ChronoUnit.MILLIS);

    private Latchkey latchkey;
    private Database database;
    private Announcements announcements;
    private List<Connection> connections = List.of();
    private List<Node> nodes = List.of();

    /** What one node knows: its breaker, and the incidents. */
    private final class Node {
        final VendorHost host = new VendorHost(random);
        final Incidents incidents;

        Node(Incidents incidents) {
            this.incidents = incidents;
        }

        /** As {@link Refresher} says it. */
        void call(Connection connection, boolean fails) {
            if (host.room(now) == 0) {
                return;
            }
            host.enter(now);
            if (fails) {
                Optional<List<Connection>> opened = host.failed(connection, now);
                incidents.failed(connection);
                opened.ifPresent(all -> incidents.outage(all, "answered 503"));
            } else {
                host.answered();
                incidents.served(connection);
            }
        }
    }

    @BeforeEach
    void start() {
        var settings = vendor.settings(definitions);
        settings.put("LATCHKEY_REFRESH_AHEAD", "false");
        latchkey = Latchkey.start(settings);
        vendor.integration(latchkey, "v");
        for (int i = 0; i < 20; i++) {
            vendor.connection(latchkey, "v", "c" + i, "2099-01-01T00:00:00Z");
        }
        latchkey.call("POST", "/environment/webhooks", "{\"url\": \"https://hooks.invalid/\"}", 201);
        DatabaseAddress address = DatabaseAddress.parse(latchkey.settings.getOrDefault("LATCHKEY_DATABASE_URL", ""));
        database = Database.open(address);
        announcements = new Announcements(database);
        SecureRandom secure = new SecureRandom();
        Path key = Path.of(latchkey.settings.getOrDefault("LATCHKEY_DATA_DIR", ""), "encryption.key");
        Vault vault = Vault.open(MasterKey.load(Optional.empty(), key, () -> false, secure), database, secure);
        AuditLog audit = new AuditLog(database, vault, secure, InstantSource.system(), EnvironmentFragments::name);
        Listener listener = new Listener(address);
        InstantSource clock = () -> now;
        Ids ids = new Ids(InstantSource.system(), secure);
        Endpoints endpoints = new Endpoints(
                database,
                ids,
                clock,
                audit,
                announcements,
                listener,
                new WebhookAddresses(new AddressGuard(List.of(), port -> true, InetAddress::getAllByName)));
        Providers providers = new Providers(database, dev.latchkey.catalogue.Catalogue.load(), announcements, listener);
        Timeline timeline = new Timeline(
                ids,
                InstantSource.system(),
                List.of(new Outbox(endpoints, providers, ids, InstantSource.system(), announcements)));
        Connections stored =
                new Connections(database, vault, ids, InstantSource.system(), timeline, audit, announcements, listener);
        connections = database
                .withHandle(handle -> handle.createQuery("SELECT environment_id, id FROM connections ORDER BY id")
                        .map((row, context) -> new UUID[] {row.getObject(1, UUID.class), row.getObject(2, UUID.class)})
                        .list())
                .stream()
                .map(row -> stored.byId(row[0], row[1]).orElseThrow())
                .toList();
        nodes = List.of(
                new Node(new Incidents(database, stored, timeline, ids, clock)),
                new Node(new Incidents(database, stored, timeline, ids, clock)));
    }

    @AfterEach
    void stop() {
        announcements.close();
        database.close();
        latchkey.close();
        vendor.close();
    }

    private long webhooks(String event) {
        return latchkey.ask("SELECT count(*) FROM webhook_events WHERE event = '" + event + "'");
    }

    /** A call a second at each node, and what each does once a second. */
    private void play(Duration time, BooleanSupplier fails) {
        for (long second = 0; second < time.toSeconds(); second++) {
            now = now.plusSeconds(1);
            for (Node node : nodes) {
                node.call(connections.get(random.nextInt(connections.size())), fails.getAsBoolean());
                node.incidents.look();
            }
        }
    }

    private enum Faults {
        EVERY_SECOND,
        EVERY_SECOND_AT_ONE_NODE,
        HALF,
        A_THIRD,
        ONE_IN_TEN,
        OUTAGES_OF_A_MINUTE;

        BooleanSupplier on(Random random) {
            int[] calls = {0};
            return () -> {
                int call = calls[0]++;
                return switch (this) {
                    // Two nodes take turns: a pair of calls is a second.
                    case EVERY_SECOND -> call / 2 % 2 == 0;
                    case EVERY_SECOND_AT_ONE_NODE -> call % 2 == 0 && call / 2 % 2 == 0;
                    case HALF -> random.nextInt(2) == 0;
                    case A_THIRD -> random.nextInt(3) == 0;
                    case ONE_IN_TEN -> random.nextInt(10) == 0;
                    case OUTAGES_OF_A_MINUTE -> call / 120 % 3 == 0;
                };
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void partialFaultsAreOneIncidentHoweverLongTheyLast(Faults faults) {
        play(Duration.ofMinutes(1), () -> true);
        assertThat(webhooks("provider.incident")).isEqualTo(1);

        play(Duration.ofMinutes(20), faults.on(random));

        assertThat(webhooks("provider.incident")).isEqualTo(1);
        assertThat(webhooks("provider.incident_ended")).isZero();

        play(Incidents.SUSTAINED.plusMinutes(3), () -> false);

        assertThat(webhooks("provider.incident")).isEqualTo(1);
        assertThat(webhooks("provider.incident_ended")).isEqualTo(1);
        assertThat(nodes.getFirst().incidents.list(connections.getFirst().environment(), true, 10))
                .isEmpty();
    }

    @Test
    void aFailureNowAndThenDoesNotKeepAnIncidentOpen() {
        play(Duration.ofMinutes(1), () -> true);
        play(Duration.ofMinutes(3), () -> false);
        int[] calls = {0};

        play(Incidents.SUSTAINED.plusMinutes(1), () -> calls[0]++ % 50 == 49);

        assertThat(webhooks("provider.incident_ended")).isEqualTo(1);
    }

    @Test
    void oneCallInAnHourThatIsServedEndsAnIncidentAsWell() {
        play(Duration.ofMinutes(1), () -> true);
        now = now.plus(Duration.ofHours(1));
        play(Duration.ofSeconds(1), () -> false);
        now = now.plus(Incidents.SUSTAINED);

        nodes.forEach(node -> node.incidents.look());

        assertThat(webhooks("provider.incident")).isEqualTo(1);
        assertThat(webhooks("provider.incident_ended")).isEqualTo(1);
    }

    @Test
    void refusalsOfAllConnectionsThatComeAndGoAreOneIncident() {
        List<Boolean> doubted = new ArrayList<>();
        for (int minute = 0; minute < 20; minute++) {
            for (int second = 0; second < 60; second++) {
                now = now.plusSeconds(1);
                Node node = nodes.get(second % 2);
                Connection connection = connections.get(second % connections.size());
                // Served for a minute, then all are refused for a minute.
                if (minute % 2 == 1) {
                    node.incidents.served(connection);
                } else {
                    doubted.add(node.incidents.doubted(connection, "invalid_grant"));
                }
                nodes.forEach(one -> one.incidents.look());
            }
        }
        assertThat(webhooks("provider.incident")).isEqualTo(1);
        assertThat(webhooks("provider.incident_ended")).isZero();
        assertThat(doubted.subList(60, doubted.size()))
                .as("no connection is marked while it lasts")
                .doesNotContain(false);

        play(Incidents.SUSTAINED.plusMinutes(1), () -> false);

        assertThat(webhooks("provider.incident_ended")).isEqualTo(1);
    }
}
