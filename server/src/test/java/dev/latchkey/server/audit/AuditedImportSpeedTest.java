package dev.latchkey.server.audit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.Draft;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.Import;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Imports by the thousand are not much slower for being noted: measured as a ratio, side by side, in one run. */
@Tag("nightly")
class AuditedImportSpeedTest {
    private static final Logger LOG = LoggerFactory.getLogger(AuditedImportSpeedTest.class);
    private static final int AT_ONCE = 64;
    private static final int EACH = 4_000;
    private static final int ROUNDS = 8;

    @TempDir
    Path folder;

    @Test
    void notedImportsAreAboutAsFastAsOthersAndNoneIsMissing() throws Exception {
        DatabaseAddress address = PostgresForTests.freshDatabase();
        SecureRandom random = new SecureRandom();
        InstantSource clock = InstantSource.system();
        try (Database database = Database.open(address);
                Announcements announcements = new Announcements(database);
                Listener listener = new Listener(address)) {
            Vault vault = Vault.open(
                    MasterKey.load(Optional.empty(), folder.resolve("encryption.key"), () -> false, random),
                    database,
                    random);
            AuditLog audit = new AuditLog(database, vault, random, clock, EnvironmentFragments::name);
            Ids ids = new Ids(clock, random);
            Environments environments = new Environments(database, vault, ids, random, audit, announcements, listener);
            environments.createFirst(Optional.empty(), Optional.empty(), Optional.empty());
            Integrations integrations = new Integrations(database, vault, ids, clock, audit, announcements, listener);
            Actor actor = new Actor.System("test");
            Integration integration = integrations
                    .create(
                            actor,
                            environments.byName("dev").orElseThrow().id(),
                            new Integrations.Draft(
                                    "gh",
                                    "github",
                                    "GitHub",
                                    Optional.empty(),
                                    Map.of(),
                                    List.of(),
                                    Map.of(),
                                    true,
                                    false))
                    .orElseThrow();
            Connections connections = new Connections(
                    database, vault, ids, clock, new Timeline(ids, clock, List.of()), audit, announcements, listener);
            run(connections::save, integration, "warm");
            run(draft -> connections.importAs(Import.by(actor), draft).connection(), integration, "warm-noted");

            long plain = 0;
            long noted = 0;
            for (int round = 0; round < ROUNDS; round++) {
                plain += run(connections::save, integration, "plain" + round);
                noted += run(
                        draft -> connections.importAs(Import.by(actor), draft).connection(),
                        integration,
                        "noted" + round);
            }

            double ratio = (double) plain / noted;
            LOG.info("Imports a second: {} plain, {} noted, ratio {}", rate(plain), rate(noted), ratio);
            // 0.78 to 0.95 on two cores: the row and its hash. With a round trip more it would be about a half.
            assertThat(ratio).isGreaterThan(0.7);
            AuditVerification verification = audit.verify(List.of());
            assertThat(verification.fault()).isEmpty();
            // One for the integration, and one for each noted import.
            assertThat(verification.count()).isEqualTo(1 + (ROUNDS + 1L) * EACH);
        }
    }

    private static long rate(long nanos) {
        return (long) ROUNDS * EACH * 1_000_000_000L / nanos;
    }

    private static long run(Function<Draft, Connection> save, Integration integration, String name) throws Exception {
        long start = System.nanoTime();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Integer>> all = new ArrayList<>();
            for (int worker = 0; worker < AT_ONCE; worker++) {
                int mine = worker;
                Callable<Integer> work = () -> {
                    int done = 0;
                    for (int i = mine; i < EACH; i += AT_ONCE) {
                        Connection saved = save.apply(draft(integration, name + "-" + i));
                        done += saved.version() > 0 ? 1 : 0;
                    }
                    return done;
                };
                all.add(threads.submit(work));
            }
            for (Future<Integer> one : all) {
                one.get();
            }
        }
        return System.nanoTime() - start;
    }

    private static Draft draft(Integration integration, String name) {
        return new Draft(
                integration,
                name,
                new Connection.Grant(
                        new Credentials.None(), Map.of(), Json.MAPPER.createObjectNode(), GrantedScopes.UNKNOWN),
                Draft.Description.NONE,
                Connection.Schedule.NEVER,
                Map.of());
    }
}
