package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressObserver;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.environments.SigningKeys;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.storage.TestFolders;
import dev.latchkey.server.telemetry.Tracer;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** The delivering parts of a node, on a real database, with a clock that can be set forward. */
public final class Nodes implements AutoCloseable {
    private static final Catalogue CATALOGUE = Catalogue.load();

    /** Runs on with the real one, from a distance that grows. */
    static final class Clock implements InstantSource {
        private volatile Duration ahead = Duration.ZERO;

        @Override
        public Instant instant() {
            return Instant.now().plus(ahead);
        }

        void forward(Duration by) {
            ahead = ahead.plus(by);
        }
    }

    public final Clock clock = new Clock();
    final SecureRandom random = new SecureRandom();
    public final Ids ids = new Ids(clock, random);
    public final Database database;
    private final dev.latchkey.server.storage.Lane lists;
    public static final Actor ACTOR = new Actor.System("test");
    final AuditLog audit;
    public final Endpoints endpoints;
    public final Outbox outbox;
    public final Upkeep upkeep;
    final SigningKeys keys;
    public final Deliveries deliveries;
    public final UUID environment;
    /** Of a process that shall be one more node. */
    final Path dataDirectory;

    final String databaseUrl;
    final Vault vault;
    final Announcements announcements;
    final DatabaseAddress address;
    private final Egress egress;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    public Nodes(String... allowed) {
        address = PostgresForTests.freshDatabase();
        databaseUrl = PostgresForTests.url(address);
        database = keep(Database.open(address));
        lists = keep(database.lane());
        dataDirectory = TestFolders.make();
        vault = Vault.open(
                MasterKey.load(Optional.empty(), dataDirectory.resolve("encryption.key"), () -> false, random),
                database,
                random);
        announcements = keep(new Announcements(database));
        Listener listener = new Listener(address);
        audit = new AuditLog(database, vault, random, clock, EnvironmentFragments::name);
        Environments environments = new Environments(database, vault, ids, random, audit, announcements, listener);
        environments.createFirst(Optional.empty(), Optional.empty(), Optional.empty());
        environment = environments.byName("dev").orElseThrow().id();
        AddressGuard guard = new AddressGuard(List.of(allowed), port -> false, InetAddress::getAllByName);
        endpoints = new Endpoints(database, ids, clock, audit, announcements, listener, new WebhookAddresses(guard));
        outbox = new Outbox(
                endpoints,
                new dev.latchkey.server.providers.Providers(database, CATALOGUE, announcements, listener),
                ids,
                clock,
                announcements);
        upkeep = keep(new Upkeep(database, endpoints, outbox, clock, 14));
        keys = new SigningKeys(
                database,
                vault,
                random,
                clock,
                new AuditLog(database, vault, random, clock, EnvironmentFragments::name));
        deliveries = new Deliveries(
                database, lists, endpoints, outbox, keep(new Replays(database, outbox, ids, clock)), audit);
        egress = keep(new Egress(guard, EgressObserver.NONE));
    }

    private <T extends AutoCloseable> T keep(T part) {
        parts.push(part);
        return part;
    }

    /** One more node that delivers. */
    Deliverer deliver() {
        return deliver(List.of());
    }

    /** @param predecessors that it knows to be gone */
    Deliverer deliver(List<UUID> predecessors) {
        Listener listener = keep(new Listener(address));
        DeliveryQueue queue = new DeliveryQueue(database, ids, clock, ids.next());
        queue.release(predecessors);
        DeliveryRecords records =
                new DeliveryRecords(database, ids, clock, keep(new dev.latchkey.server.logs.Activity(database, clock)));
        Deliverer deliverer = keep(new Deliverer(
                outbox,
                endpoints,
                upkeep,
                queue,
                records,
                new Sending(egress, keys, clock, random, Tracer.OFF),
                listener,
                clock));
        listener.start();
        return deliverer;
    }

    public Endpoint endpoint(String url) {
        return ((Endpoints.Outcome.Saved) endpoints.create(
                        ACTOR, environment, new Endpoint.Settings(Endpoint.Role.OTHER, url, "", Map.of(), false, true)))
                .endpoint();
    }

    /** The next event of a lane: {@code n} is in its body. */
    void announce(UUID lane, int n) {
        announce(List.of(lane), n);
    }

    /** The next event of each of these lanes, in one transaction. */
    void announce(List<UUID> lanes, int n) {
        database.inTransaction(handle -> {
            lanes.forEach(lane -> outbox.add(
                    handle,
                    new Message(
                            environment,
                            EventType.CONNECTION_CREATED,
                            lane,
                            Optional.of(lane.toString()),
                            Optional.of("gh"),
                            Json.MAPPER
                                    .createObjectNode()
                                    .put("lane", lane.toString())
                                    .put("n", n)),
                    Optional.empty()));
            return true;
        });
    }

    public List<Delivery> list(Delivery.State state) {
        return deliveries
                .list(
                        environment,
                        new Deliveries.Filter(
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of(state),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                Optional.empty(),
                                500))
                .deliveries();
    }

    public long rows(String table) {
        return database.withHandle(handle -> handle.createQuery("SELECT count(*) FROM " + table)
                .mapTo(Long.class)
                .one());
    }

    @Override
    public void close() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
