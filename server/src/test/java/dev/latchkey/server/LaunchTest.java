package dev.latchkey.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The program as a process of its own: how it starts, stops, is killed, and says that it cannot run. */
class LaunchTest {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    @TempDir
    Path folder;

    private final List<Process> started = new ArrayList<>();
    private final int port = Latchkey.freePort();

    @AfterEach
    void killWhatIsLeft() {
        started.forEach(process -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"TERM", "INT"})
    void stopsCleanlyOnASignal(String signal) throws Exception {
        Process process = launch("run", Map.of());
        awaitHealthy(process, "run");
        ProcessHandle postgres = postgres(process);

        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();

        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(printed("run")).contains("Latchkey is running", "Latchkey has stopped.");
        assertThat(printed("run").lines().filter(line -> line.contains("shown only now")))
                .hasSize(2);
        await().atMost(PATIENCE).until(() -> !postgres.isAlive());
        assertThat(folder.resolve("data/postgres/cluster/postmaster.pid")).doesNotExist();
    }

    @Test
    void startsAgainAfterItWasKilledAndStopsThePostgresThatOutlivedIt() throws Exception {
        Process first = launch("first", Map.of());
        awaitHealthy(first, "first");
        ProcessHandle orphan = postgres(first);
        first.destroyForcibly().waitFor();
        assertThat(orphan.isAlive()).isTrue();

        Process second = launch("second", Map.of());
        awaitHealthy(second, "second");

        assertThat(orphan.isAlive()).isFalse();
        assertThat(printed("second"))
                .contains("still runs on this data directory; stopping it")
                .doesNotContain("shown only now");
        assertThat(postgres(second).pid()).isNotEqualTo(orphan.pid());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "LATCHKEY_PORT=many",
                "LATCHKEY_ENCRYPTION_KEY=short",
                "LATCHKEY_DATABASE_URL=postgresql://u:pa55word@127.0.0.1:1/db",
                "LATCHKEY_PROVIDERS_DIR=/no/such/folder",
                "LATCHKEY_LAB=perhaps"
            })
    void endsWithOneClearSentenceWhenItCannotRun(String setting) throws Exception {
        String[] parts = setting.split("=", 2);
        // None of these needs a database of its own to be refused.
        Process process = launch(
                "wrong",
                parts[0].equals("LATCHKEY_ENCRYPTION_KEY")
                        ? Map.of(
                                parts[0],
                                parts[1],
                                "LATCHKEY_DATABASE_URL",
                                dev.latchkey.server.storage.PostgresForTests.freshDatabaseUrl())
                        : Map.of(parts[0], parts[1]));

        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();

        assertThat(process.exitValue()).isEqualTo(1);
        List<String> said = Files.readAllLines(folder.resolve("wrong.err")).stream()
                .filter(line -> line.startsWith("latchkey: "))
                .toList();
        assertThat(said).hasSize(1);
        assertThat(said.getFirst()).endsWith(".").doesNotContain("pa55word", "Exception");
        if (!parts[0].equals("LATCHKEY_DATABASE_URL")) {
            assertThat(said.getFirst()).contains(parts[0]);
        }
    }

    private Process launch(String name, Map<String, String> settings) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                // Whoever runs the tests in the background of a shell ignores SIGINT, and so would its children.
                "env",
                "--default-signal=INT",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                "dev.latchkey.server.Main");
        Map<String, String> environment = new HashMap<>(Map.of(
                "LATCHKEY_PORT",
                Integer.toString(port),
                "LATCHKEY_DATA_DIR",
                folder.resolve("data").toString()));
        environment.putAll(settings);
        builder.environment().keySet().removeIf(key -> key.startsWith("LATCHKEY_"));
        builder.environment().putAll(environment);
        builder.redirectOutput(folder.resolve(name + ".out").toFile());
        builder.redirectError(folder.resolve(name + ".err").toFile());
        Process process = builder.start();
        started.add(process);
        return process;
    }

    private void awaitHealthy(Process process, String name) {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest health = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health"))
                    .build();
            await().atMost(PATIENCE)
                    .failFast("it ended: see " + folder.resolve(name + ".err"), () -> !process.isAlive())
                    .ignoreExceptions()
                    .until(() -> http.send(health, HttpResponse.BodyHandlers.ofString())
                            .body()
                            .equals("{\"result\":\"ok\"}"));
        }
    }

    private String printed(String name) throws IOException {
        return Files.readString(folder.resolve(name + ".out")) + Files.readString(folder.resolve(name + ".err"));
    }

    private static ProcessHandle postgres(Process process) {
        return process.descendants()
                .filter(child -> child.info().command().orElse("").endsWith("/postgres"))
                .findFirst()
                .orElseThrow();
    }
}
