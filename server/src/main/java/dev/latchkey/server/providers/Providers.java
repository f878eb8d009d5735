package dev.latchkey.server.providers;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the providers of an environment. A look-up is one in a map; a statement runs only for an environment's first look-up, and
 * after its definitions changed. Thread-safe.
 */
public final class Providers {
    private static final String OF_ENVIRONMENT = """
                        SELECT p.id, p.definition, p.created_at, p.updated_at %s LEFT JOIN own_providers p ON p.environment_id = e.id""".formatted(EnvironmentFragments.THIS);

    private static final Logger LOG = LoggerFactory.getLogger(Providers.class);
    /** Announced on, with the environment's id, when its definitions changed. */
    private static final String CHANNEL = "latchkey_providers";
    /** Reloaded in the background, in case another node's notification was lost. */
    private static final long OLD = Duration.ofMinutes(1).toNanos();

    private static final Pattern STAGE = Pattern.compile("([0-9a-f-]{36})[.]([a-z0-9-]+)");

    /** @param stale changed since: its unchanged definitions are reused */
    private record Known(EnvironmentProviders providers, long readAt, AtomicBoolean renewing, boolean stale) {
        static Known now(EnvironmentProviders providers) {
            return new Known(providers, System.nanoTime(), new AtomicBoolean(), false);
        }

        Known outdated() {
            return new Known(providers, readAt, renewing, true);
        }
    }

    private final List<BiConsumer<UUID, String>> listeners = new CopyOnWriteArrayList<>();
    private final Database database;
    private final Catalogue catalogue;
    private final Announcements announcements;
    private final Map<UUID, Known> known = new ConcurrentHashMap<>();
    /** Incremented with each change: older reads are not cached. */
    private long changes;

    public Providers(Database database, Catalogue catalogue, Announcements announcements, Listener listener) {
        this.database = database;
        this.catalogue = catalogue;
        this.announcements = announcements;
        listener.listen(CHANNEL, payload -> forget(UUID.fromString(payload)), this::forgetAll);
    }

    /** Those of an environment. */
    public EnvironmentProviders in(UUID environment) {
        Known there = known.get(environment);
        if (there == null || there.stale()) {
            return read(Optional.empty(), environment);
        }
        if (System.nanoTime() - there.readAt() > OLD && there.renewing().compareAndSet(false, true)) {
            Thread.ofVirtual().name("providers").start(() -> renew(environment, there));
        }
        return there.providers();
    }

    /** The same within a transaction, which must not ask the pool for a second connection. */
    public EnvironmentProviders in(Handle handle, UUID environment) {
        Known there = known.get(environment);
        return there == null || there.stale() ? read(Optional.of(handle), environment) : there.providers();
    }

    /** The provider of every environment without its own definition of this id. */
    public Optional<Provider> shipped(String id) {
        return catalogue.find(id);
    }

    /** Whether no user can connect yet, since the provider takes a client and the integration has none. */
    public boolean lacksClient(Integration integration) {
        return !integration.lab()
                && integration.clientId().isEmpty()
                && of(integration)
                        .filter(provider -> provider.auth().facts().needsClient())
                        .isPresent();
    }

    /** Empty when it is no longer defined. */
    public Optional<Provider> of(Integration integration) {
        return in(integration.environment()).of(integration);
    }

    /** Empty when it is no longer defined. */
    public Optional<Provider> of(Connection connection) {
        return in(connection.environment()).of(connection);
    }

    /** What an integration's connections may be of: its own kind first. */
    public List<Provider> kinds(Integration integration) {
        return in(integration.environment()).kinds(integration);
    }

    /** The integration of a connection as that uses it: of the kind of its credentials. */
    public Integration as(Connection connection, Integration integration) {
        return kinds(integration).size() < 2
                ? integration
                : of(connection)
                        .map(one -> integration.ofMode(one.auth().facts().mode()))
                        .orElse(integration);
    }

    /** The name under which the lab plays it: an environment's own definition must not be used for another's. */
    public String stage(Integration integration) {
        String id = of(integration).map(Provider::id).orElseGet(integration::provider);
        return in(integration.environment()).isOwn(id) ? integration.environment() + "." + id : id;
    }

    /** The own definition that is played under this name. */
    public Optional<Provider> onStage(String name) {
        Matcher parts = STAGE.matcher(name);
        return parts.matches()
                ? Ids.parse(parts.group(1))
                        .map(this::in)
                        .filter(there -> there.isOwn(parts.group(2)))
                        .flatMap(there -> there.find(parts.group(2)))
                : Optional.empty();
    }

    /** Notifies every node, once the handle's transaction is committed. */
    void changed(Handle handle, UUID environment) {
        handle.afterCommit(() -> forget(environment));
        announcements.announce(handle, CHANNEL, environment.toString());
    }

    /** Notifies it of each definition that an environment adds, changes or removes on this node, once that is committed. */
    public void whenChanged(BiConsumer<UUID, String> listener) {
        listeners.add(listener);
    }

    void announce(UUID environment, String id) {
        listeners.forEach(listener -> listener.accept(environment, id));
    }

    private synchronized void forget(UUID environment) {
        changes++;
        known.computeIfPresent(environment, (id, there) -> there.outdated());
    }

    private synchronized void forgetAll() {
        changes++;
        known.replaceAll((id, there) -> there.outdated());
    }

    private synchronized long changes() {
        return changes;
    }

    private synchronized void keep(UUID environment, EnvironmentProviders read, long before) {
        if (changes == before) {
            known.put(environment, Known.now(read));
        }
    }

    private EnvironmentProviders read(Optional<Handle> handle, UUID environment) {
        long before = changes();
        Optional<EnvironmentProviders.Rows> rows = handle.isPresent()
                ? rows(handle.get(), environment)
                : database.withHandle(own -> rows(own, environment));
        EnvironmentProviders read = view(environment, rows.orElse(EnvironmentProviders.Rows.NONE));
        // Invented ids must not fill the memory.
        rows.ifPresent(there -> keep(environment, read, before));
        return read;
    }

    private EnvironmentProviders view(UUID environment, EnvironmentProviders.Rows rows) {
        Known before = known.get(environment);
        return before == null
                ? new EnvironmentProviders(catalogue, environment, rows)
                : before.providers().with(rows);
    }

    /** As the transaction sees them. */
    EnvironmentProviders now(Handle handle, UUID environment) {
        return view(environment, rows(handle, environment).orElse(EnvironmentProviders.Rows.NONE));
    }

    private void renew(UUID environment, Known there) {
        try {
            long before = changes();
            EnvironmentProviders.Rows rows =
                    database.withHandle(handle -> rows(handle, environment)).orElse(EnvironmentProviders.Rows.NONE);
            keep(environment, there.providers().with(rows), before);
        } catch (RuntimeException e) {
            LOG.warn("Definitions could not be reloaded; the loaded ones stay in use.");
        } finally {
            // If it was not cached, since the database is unreachable or something else has changed: retry in a minute.
            known.replace(environment, there, Known.now(there.providers()));
        }
    }

    /** Empty when there is no such environment. */
    private static Optional<EnvironmentProviders.Rows> rows(Handle handle, UUID environment) {
        List<Optional<OwnDefinition>> rows = handle.createQuery(OF_ENVIRONMENT)
                .bind("environment", environment)
                .map((row, context) -> Optional.ofNullable(row.getString("id")).isPresent()
                        ? Optional.of(read(row))
                        : Optional.<OwnDefinition>empty())
                .list();
        return rows.isEmpty()
                ? Optional.empty()
                : Optional.of(new EnvironmentProviders.Rows(
                        rows.stream()
                                .flatMap(Optional::stream)
                                .collect(Collectors.toUnmodifiableMap(OwnDefinition::id, one -> one)),
                        logos(handle, environment)));
    }

    private static Set<String> logos(Handle handle, UUID environment) {
        return handle.createQuery("SELECT provider FROM provider_logos WHERE environment_id = :environment")
                .bind("environment", environment)
                .mapTo(String.class)
                .set();
    }

    private static OwnDefinition read(ResultSet row) throws SQLException {
        return new OwnDefinition(
                row.getString("id"),
                row.getString("definition"),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant());
    }
}
