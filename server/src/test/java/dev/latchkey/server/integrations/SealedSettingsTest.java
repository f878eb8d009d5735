package dev.latchkey.server.integrations;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
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
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What earlier versions stored of an AWS operator's among an integration's settings is encrypted by a start. */
class SealedSettingsTest {
    private static final String OPEN = """
            {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "typed/secret", "stsUsername": "u", "stsPassword": "typed-password"}""";

    @TempDir
    Path folder;

    private final DatabaseAddress address = PostgresForTests.freshDatabase();
    private final Database database = Database.open(address);
    private final Listener listener = new Listener(address);
    private final Announcements announcements = new Announcements(database);
    private final SecureRandom random = new SecureRandom();

    @AfterEach
    void close() {
        announcements.close();
        listener.close();
        database.close();
    }

    private Vault vault() {
        return Vault.open(
                MasterKey.load(Optional.empty(), folder.resolve("encryption.key"), () -> false, random),
                database,
                random);
    }

    private Integrations node() {
        Ids ids = new Ids(InstantSource.system(), random);
        return new Integrations(
                database,
                vault(),
                ids,
                InstantSource.system(),
                new AuditLog(database, vault(), random, InstantSource.system(), EnvironmentFragments::name),
                announcements,
                listener);
    }

    private UUID environment() {
        new Environments(
                        database,
                        vault(),
                        new Ids(InstantSource.system(), random),
                        random,
                        new AuditLog(database, vault(), random, InstantSource.system(), EnvironmentFragments::name),
                        announcements,
                        listener)
                .createFirst(Optional.empty(), Optional.empty(), Optional.empty());
        return database.withHandle(handle -> handle.createQuery("SELECT id FROM environments ORDER BY id LIMIT 1")
                .mapTo(UUID.class)
                .one());
    }

    private Integration integration(UUID environment, String key, Map<String, Secret> secrets, String settings) {
        Integration made = node().create(
                        new Actor.System("test"),
                        environment,
                        new Integrations.Draft(
                                key, "aws", "AWS", Optional.empty(), secrets, List.of(), Map.of(), true, false))
                .orElseThrow();
        database.withHandle(handle -> handle.execute(
                "UPDATE integrations SET settings = CAST(? AS jsonb) WHERE id = ?", settings, made.id()));
        return made;
    }

    private String stored() {
        return database.withHandle(
                handle -> handle.createQuery("SELECT string_agg(integrations::text, '|') FROM integrations")
                        .mapTo(String.class)
                        .one());
    }

    @Test
    void areEncryptedByWhicheverNodeStartsFirst() throws Exception {
        UUID environment = environment();
        for (int i = 0; i < 20; i++) {
            integration(environment, "aws" + i, Map.of(), OPEN);
        }
        integration(environment, "given", Map.of("secretAccessKey", new Secret("newer")), OPEN);
        Integration other = integration(environment, "other", Map.of(), "{\"stsEndpoint\": \"https://sts.example\"}");
        assertThat(stored()).contains("typed/secret", "typed-password");

        List<Future<?>> starts = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 3; i++) {
                Integrations node = node();
                starts.add(threads.submit(() -> OpenSettings.seal(database, vault(), node)));
            }
        }
        for (Future<?> start : starts) {
            start.get();
        }

        assertThat(stored()).doesNotContain("typed/secret", "typed-password");
        for (int i = 0; i < 20; i++) {
            Integration one = node().find(environment, "aws" + i).orElseThrow();
            assertThat(one.settings()).isEqualTo(Map.of("accessKeyId", "AKIDEXAMPLE", "stsUsername", "u"));
            assertThat(one.secrets())
                    .hasSize(2)
                    .hasEntrySatisfying(
                            "secretAccessKey", it -> assertThat(it.reveal()).isEqualTo("typed/secret"))
                    .hasEntrySatisfying(
                            "stsPassword", it -> assertThat(it.reveal()).isEqualTo("typed-password"));
        }
        // What was given since is newer than what lay about.
        assertThat(node().find(environment, "given").orElseThrow().secrets())
                .hasEntrySatisfying(
                        "secretAccessKey", it -> assertThat(it.reveal()).isEqualTo("newer"));
        assertThat(node().find(environment, "other").orElseThrow().settings())
                .isEqualTo(Map.of("stsEndpoint", "https://sts.example"));
        assertThat(node().find(environment, "other").orElseThrow().updatedAt()).isEqualTo(other.updatedAt());
    }

    @Test
    void oneThatCannotBeReadDoesNotPreventAStart() {
        UUID environment = environment();
        Integration altered = integration(environment, "altered", Map.of("client_secret", new Secret("s")), OPEN);
        integration(environment, "aws", Map.of(), OPEN);
        database.withHandle(handle ->
                handle.execute("UPDATE integrations SET secrets = secrets || '\\x00' WHERE id = ?", altered.id()));

        OpenSettings.seal(database, vault(), node());

        assertThat(node().find(environment, "aws").orElseThrow().settings()).doesNotContainKey("secretAccessKey");
    }
}
