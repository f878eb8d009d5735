package dev.latchkey.server.ground;

import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.audit.EnvironmentNames;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.monitoring.Readiness;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.DatabaseAddresses;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.EmbeddedPostgres;
import dev.latchkey.server.storage.Lane;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.Reachability;
import dev.latchkey.server.storage.SharedClock;
import dev.latchkey.server.telemetry.Tracer;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/** What the other packages' parts are made from. */
public final class Ground {
    public final Configuration configuration;
    public final Metrics metrics;
    public final Tracer tracer;
    public final Readiness readiness;
    public final Shutdown shutdown;
    public final SecureRandom random;
    /** This machine's. */
    public final InstantSource clock;

    public final SharedClock sharedClock;
    public final Ids ids;
    public final Database database;
    /** For lists, searches and counts. */
    public final Lane lists;

    public final Listener listener;
    public final Announcements announcements;
    public final Vault vault;
    public final AuditLog audit;

    /**
     * What the ground takes from packages that know it.
     *
     * @param names of environments
     * @param masterKey which may be in the database, wrapped by a key management service that is reached through the egress
     */
    public record Above(EnvironmentNames names, Function<Database, MasterKey> masterKey) {}

    /**
     * Opens the database.
     *
     * @param clock this machine's, which may be wrong and may jump
     */
    public Ground(
            Configuration configuration,
            Metrics metrics,
            Tracer tracer,
            InstantSource clock,
            SecureRandom random,
            DatabaseAddresses addresses,
            Above above,
            Shutdown shutdown) {
        this.configuration = configuration;
        this.metrics = metrics;
        this.tracer = tracer;
        this.shutdown = shutdown;
        this.clock = clock;
        this.random = random;
        sharedClock = new SharedClock(clock, System::nanoTime);
        ids = new Ids(sharedClock.exact(), random);
        readiness = new Readiness(new Reachability(addresses.queries())::now);
        shutdown.drain(readiness::stop);
        database = shutdown.keep(Database.open(
                addresses, Database.ANSWER, configuration.storage().connections()));
        lists = shutdown.keep(database.lane());
        shutdown.drain(database::stopping);
        sharedClock.read(database.now());
        database.measure(metrics.registry());
        vault = Vault.open(above.masterKey().apply(database), database, random);
        listener = shutdown.keep(new Listener(addresses.direct()));
        announcements = shutdown.keep(new Announcements(database));
        audit = new AuditLog(database, vault, random, clock, above.names());
    }

    /** Starts the embedded database's process, unless another database is configured. @return its address, as soon as it answers */
    public static Supplier<DatabaseAddresses> startDatabase(
            Configuration configuration, SecureRandom random, Shutdown shutdown) {
        if (configuration.storage().databaseUrl().isPresent()) {
            DatabaseAddresses given = new DatabaseAddresses(
                    DatabaseAddress.parse(
                            configuration.storage().databaseUrl().get().reveal()),
                    configuration.storage().directUrl().map(Secret::reveal).map(DatabaseAddress::parse));
            return () -> given;
        }
        EmbeddedPostgres embedded = shutdown.keep(
                EmbeddedPostgres.begin(configuration.storage().dataDirectory().resolve("postgres"), random, List.of()));
        return () -> DatabaseAddresses.of(embedded.awaitReady().address());
    }

    /** What an operator reads who can do something about it; any other failure as it is. */
    public static RuntimeException explained(RuntimeException failure) {
        if (DatabaseFailures.isLentAnother(failure)) {
            return new ConfigurationException(
                    "LATCHKEY_DATABASE_URL leads to a pooler that lends its connections for one transaction (PgBouncer's transaction mode): "
                            + "set LATCHKEY_DATABASE_DIRECT_URL to the database itself, too.",
                    failure);
        }
        return DatabaseFailures.isLocked(failure)
                ? new ConfigurationException(
                        "Another session of the database holds a lock on a table that this server needs to start. "
                                + "Start it again when that session has ended.",
                        failure)
                : failure;
    }
}
