package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.Main;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey migrate nango} in a process of its own that is killed while Nango goes on refreshing. */
class NangoKilledMigrationTest {
    private static final int CONNECTIONS = 8;
    private static final int BEFORE_THE_KILL = 5;

    @TempDir
    Path folder;

    private FakeNango nango;
    private Latchkey here;

    @BeforeEach
    void start() throws IOException {
        nango = new FakeNango();
        nango.integration("""
                {"unique_key": "gh", "provider": "github", "display_name": "GitHub", "forward_webhooks": true,
                 "credentials": {"type": "OAUTH2", "client_id": "cid", "client_secret": "cs", "scopes": "repo"}}""");
        for (int i = 0; i < CONNECTIONS; i++) {
            nango.connection("""
                    {"provider_config_key": "gh", "connection_id": "c%d", "provider": "github", "metadata": {"number": %d},
                     "credentials": {"type": "OAUTH2", "access_token": "at", "refresh_token": "rt-%d", "expires_at": "2035-01-01T00:00:00.000Z",
                        "raw": {"access_token": "at"}}}""".formatted(i, i, i));
        }
        here = Latchkey.start();
    }

    @AfterEach
    void stop() {
        here.close();
        nango.close();
    }

    private Process migrate(String... more) throws IOException {
        List<String> line = new ArrayList<>(List.of(
                ProcessHandle.current().info().command().orElse("java"),
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "migrate",
                "nango",
                "--json",
                "--host",
                nango.address(),
                "--to",
                here.address.toString(),
                "--state",
                folder.resolve("state").toString()));
        line.addAll(List.of(more));
        ProcessBuilder builder =
                new ProcessBuilder(line).redirectError(folder.resolve("errors").toFile());
        builder.environment().put("NANGO_SECRET_KEY", FakeNango.KEY);
        builder.environment().put("LATCHKEY_SECRET_KEY", here.key);
        return builder.start();
    }

    private JsonNode run(String... more) throws Exception {
        Process process = migrate(more);
        JsonNode report = Json.MAPPER.readTree(process.getInputStream().readAllBytes());
        assertThat(process.waitFor()).isZero();
        return report;
    }

    private String refreshToken(int i) {
        return here.call("GET", "/connections/c" + i + "?provider_config_key=gh&refresh_token=true", "", 200)
                .at("/credentials/refresh_token")
                .asString();
    }

    private void refreshesAtNango(int i) {
        ((ObjectNode) nango.of("gh", "c" + i).path("credentials"))
                .put("refresh_token", "rt-" + i + "-newer")
                .put("expires_at", "2035-02-01T00:00:00.000Z");
    }

    @Test
    void goesOnBehindWhatTheKilledOneHadCopiedAndBringsWhatNangoRefreshedMeanwhile() throws Exception {
        CountDownLatch held = new CountDownLatch(1);
        nango.holding = Optional.of(held);
        nango.left.set(BEFORE_THE_KILL);
        Process killed = migrate("--beside");
        assertThat(held.await(60, TimeUnit.SECONDS)).isTrue();
        killed.destroyForcibly().waitFor();
        assertThat(here.count("SELECT count(*) FROM connections")).isEqualTo(BEFORE_THE_KILL);
        refreshesAtNango(0);
        refreshesAtNango(CONNECTIONS - 1);
        nango.read.clear();
        nango.left.set(Integer.MAX_VALUE);

        JsonNode resumed = run("--beside");

        assertThat(nango.read)
                .containsExactlyElementsOf(IntStream.range(BEFORE_THE_KILL, CONNECTIONS)
                        .mapToObj(i -> "gh/c" + i)
                        .toList());
        assertThat(resumed.path("copied")).hasSize(CONNECTIONS - BEFORE_THE_KILL);
        assertThat(refreshToken(CONNECTIONS - 1)).isEqualTo("rt-" + (CONNECTIONS - 1) + "-newer");
        assertThat(refreshToken(0)).as("copied before the kill").isEqualTo("rt-0");

        JsonNode repeated = run("--beside");

        assertThat(repeated.path("copied").toString()).isEqualTo("[\"connection gh/c0\"]");
        assertThat(refreshToken(0)).isEqualTo("rt-0-newer");
        assertThat(here.count("SELECT count(*) FROM connections")).isEqualTo(CONNECTIONS);
        assertThat(run().path("warnings").toString()).contains("Nango must not");
    }
}
