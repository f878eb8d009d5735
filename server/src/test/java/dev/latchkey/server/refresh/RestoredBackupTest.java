package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.commands.LatchkeyCommand;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.storage.RestartablePostgres;
import dev.latchkey.server.storage.Standby;
import dev.latchkey.server.waiting.Awaiting;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A backup is restored while nothing runs. Since it was made, a vendor has issued refresh tokens and ended those before them. */
class RestoredBackupTest {
    private static final List<String> ONCE = List.of("a", "b");
    private static final String OFTEN = "c";
    private static final String NEVER = "d";

    @TempDir
    Path folder;

    private final TokenVendor vendor = new TokenVendor();
    private final Map<String, String> settings = new HashMap<>();
    private final StringWriter printed = new StringWriter();
    private RestartablePostgres database;
    private Standby backup;

    /** Connections, a backup, and what is refreshed after it. */
    @BeforeEach
    void refreshAfterABackup() throws Exception {
        database = new RestartablePostgres(folder.resolve("postgres"));
        settings.putAll(vendor.settings(Files.createDirectories(folder.resolve("definitions"))));
        settings.put("LATCHKEY_DATABASE_URL", PostgresForTests.url(database.address()));
        settings.put("LATCHKEY_DATA_DIR", folder.resolve("data").toString());
        settings.put("LATCHKEY_ENCRYPTION_KEY", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyMzI=");
        settings.put("LATCHKEY_REFRESH_AHEAD", "false");
        try (Latchkey node = Latchkey.start(settings)) {
            settings.put("LATCHKEY_SECRET_KEY", node.key);
            vendor.integration(node, "v");
            for (String name : List.of("a", "b", OFTEN, NEVER)) {
                vendor.connection(
                        node, "v", name, Instant.now().plus(Duration.ofHours(2)).toString());
            }
            node.sql("UPDATE connections SET refresh_at = clock_timestamp() + INTERVAL '1 ms' WHERE connection_id <>"
                    + " 'd'");
            backup = database.standby(folder.resolve("backup"));
            for (String name : List.of("a", "b", OFTEN, OFTEN, OFTEN)) {
                node.call("POST", "/connections/" + name + "/refresh?provider_config_key=v", "{}", 200);
            }
        }
        backup.promote();
        settings.put("LATCHKEY_DATABASE_URL", PostgresForTests.url(backup.address()));
        assertThat(versionOf(OFTEN)).isEqualTo(1);
    }

    @AfterEach
    void stop() throws Exception {
        vendor.close();
        backup.close();
        database.close();
    }

    private long versionOf(String name) {
        DatabaseAddress address = backup.address();
        return Jdbi.create(address.jdbcUrl(), address.user(), address.password().reveal())
                .withHandle(handle -> handle.createQuery("SELECT version FROM connections WHERE connection_id = :name")
                        .bind("name", name)
                        .mapTo(Long.class)
                        .one());
    }

    private static String token(Latchkey node, String name) {
        return node.call("GET", "/connections/" + name + "?provider_config_key=v&refresh_token=true", "", 200)
                .at("/credentials/refresh_token")
                .asString();
    }

    @Test
    void aNodeWritesAgainWhatItsJournalHasAndTheBackupLacks() {
        try (Latchkey node = Latchkey.start(settings)) {
            for (String name : List.of("a", "b", OFTEN, NEVER)) {
                Awaiting.until(
                        name + " has its newest token", () -> token(node, name).equals(vendor.newest(name)));
            }
            assertThat(vendor.newest(OFTEN)).isEqualTo("rt-c-3");
            for (String name : List.of("a", "b", OFTEN, NEVER)) {
                node.call("POST", "/connections/" + name + "/refresh?provider_config_key=v", "{}", 200);
            }
            assertThat(vendor.ended()).isEmpty();
        }
    }

    @Test
    void whomTheRotationsConcernIsListedBeforeTheStartIfTheJournalIsLost() {
        settings.put("LATCHKEY_DATA_DIR", folder.resolve("another").toString());

        assertThat(restored("--json")).isEqualTo(1);

        assertThat(Json.MAPPER
                        .readTree(printed.toString())
                        .valueStream()
                        .map(row -> row.path("connection_id").asString())
                        .toList())
                .containsExactly("a", "b", OFTEN);
        assertThat(restored()).isEqualTo(1);
        assertThat(printed.toString()).contains("3 connections were due for a refresh since then");
        try (Latchkey node = Latchkey.start(settings)) {
            assertThat(node.send("POST", "/connections/d/refresh?provider_config_key=v", "{}")
                            .statusCode())
                    .isEqualTo(200);
            for (String name : ONCE) {
                Awaiting.until(
                        name + " must be authorized again",
                        () -> node.send("POST", "/connections/" + name + "/refresh?provider_config_key=v", "{}")
                                .body()
                                .contains("\"reason\":\"rejected\""));
            }
        }
    }

    private int restored(String... options) {
        String[] arguments = new String[options.length + 1];
        arguments[0] = "restored";
        System.arraycopy(options, 0, arguments, 1, options.length);
        return LatchkeyCommand.line(settings)
                .setOut(new PrintWriter(printed, true))
                .setErr(new PrintWriter(printed, true))
                .execute(arguments);
    }
}
