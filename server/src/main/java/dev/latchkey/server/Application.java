package dev.latchkey.server;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.Configuration.Telemetry;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.configuration.Setting;
import dev.latchkey.server.configuration.Version;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.ground.Shutdown;
import dev.latchkey.server.http.HttpServer;
import dev.latchkey.server.kms.MasterKeys;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.providers.ProviderParts;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.DatabaseAddresses;
import dev.latchkey.server.telemetry.MetricsExport;
import dev.latchkey.server.telemetry.Tracer;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jdbi.v3.core.statement.SqlLogger;

/**
 * A running Latchkey: the {@link Ground} that everything is made from, the {@link Domain} that does the work, the {@link Surface}
 * where it is reached. Reading these three in order is reading the architecture.
 */
public final class Application implements AutoCloseable {
    private final Shutdown shutdown = new Shutdown();
    private final Ground ground;
    private final Domain domain;
    private final Surface surface;
    private final HttpServer server;

    private Application(Configuration configuration, InstantSource clock) {
        try {
            HttpServer.requireFree(configuration.port(), Setting.PORT);
            configuration
                    .access()
                    .managementPort()
                    .ifPresent(port -> HttpServer.requireFree(port, Setting.MANAGEMENT_PORT));
            SecureRandom random = new SecureRandom();
            Supplier<DatabaseAddresses> database = Ground.startDatabase(configuration, random, shutdown);
            // What needs no database is made while one comes up.
            Catalogue catalogue = ProviderParts.load(configuration.added().providers());
            Telemetry telemetry = configuration.records().telemetry();
            Tracer tracer = shutdown.keep(Tracer.of(telemetry, Version.CURRENT));
            Metrics metrics = shutdown.keep(new Metrics(catalogue::has, MetricsExport.of(telemetry, Version.CURRENT)));

            ground = new Ground(
                    configuration,
                    metrics,
                    tracer,
                    clock,
                    random,
                    database.get(),
                    new Ground.Above(
                            EnvironmentFragments::name, new MasterKeys(configuration, System.getenv(), random)::open),
                    shutdown);
            domain = new Domain(ground, catalogue);
            surface = new Surface(ground, domain);

            surface.listenForMonitoring();
            domain.start();
            server = surface.listen();
            ground.readiness.started();
        } catch (RuntimeException e) {
            close();
            throw Ground.explained(e);
        }
    }

    /** @throws ConfigurationException when it cannot run; what was started is stopped again */
    public static Application start(Configuration configuration) {
        return start(configuration, InstantSource.system());
    }

    /**
     * With a clock of one's own, which may be wrong and may jump.
     *
     * @throws ConfigurationException when it cannot run; what was started is stopped again
     */
    public static Application start(Configuration configuration, InstantSource clock) {
        return new Application(configuration, clock);
    }

    public int port() {
        return server.port();
    }

    /** Everything that can be reached, for tests that go through all of it. */
    public Surface surface() {
        return surface;
    }

    /** Every statement of its parts from now on passes it, for tests of what they cost. */
    public void watch(SqlLogger watcher) {
        ground.database.watch(watcher);
        ground.lists.watch(watcher);
    }

    /** The API keys made on this start, by environment: to be shown once, since only their hashes are stored. */
    public Map<String, Secret> newKeys() {
        return domain.environments.newKeys;
    }

    /** Lets its holder set the dashboard's first password; absent when there is one. */
    public Optional<Secret> setupToken() {
        return domain.team.setupToken;
    }

    /** Serves on for {@code LATCHKEY_SHUTDOWN_DELAY}, while {@code /health/ready} says no. */
    void leave() {
        ground.readiness.stop();
        try {
            Thread.sleep(ground.configuration.limits().shutdownDelay());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Drains what is under way, then stops everything. */
    @Override
    public void close() {
        shutdown.close();
    }
}
