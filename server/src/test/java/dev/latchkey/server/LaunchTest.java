package dev.latchkey.server;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Cable;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.LentPrograms;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

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

    /** One life after the other on one data directory, as an operator's machine sees them. */
    @Test
    void stopsCleanlyOnASignalAndStartsAgainAfterItWasKilled() throws Exception {
        LentPrograms.to(folder.resolve("data/postgres"));
        Process first = launch("first", Map.of());
        awaitHealthy(first, "first");
        String readme = Files.readString(Path.of("../README.md"));
        assertThat(withoutOwn(printed("first")).lines())
                .as("README.md shows what a first start prints")
                .containsExactlyInAnyOrderElementsOf(withoutOwn(readme.substring(readme.indexOf("`start` prints:"))
                                .split("```\\w*\n")[1])
                        .lines()
                        .toList());
        assertStopsOn("TERM", first, "first");

        Process second = launch("second", Map.of());
        awaitHealthy(second, "second");
        ProcessHandle orphan = postgres(second);
        second.destroyForcibly().waitFor();
        assertThat(orphan.isAlive()).isTrue();

        Process third = launch("third", Map.of());
        awaitHealthy(third, "third");
        assertThat(orphan.isAlive()).isFalse();
        assertThat(printed("third"))
                .contains("still runs on this data directory; stopping it")
                .doesNotContain("shown only now");
        assertThat(postgres(third).pid()).isNotEqualTo(orphan.pid());
        assertStopsOn("INT", third, "third");
    }

    /** Without what is another one at each start. */
    private static String withoutOwn(String printed) {
        return printed.replaceAll("(?m)^\\S+Z WARN", "WARN")
                .replaceAll("/\\S+/encryption.key", "encryption.key")
                .replaceAll("localhost:\\d+", "localhost")
                .replaceAll("setup#\\S+", "setup#")
                .replaceAll("shown only now: \\S+", "shown only now:");
    }

    private void assertStopsOn(String signal, Process process, String name) throws Exception {
        ProcessHandle postgres = postgres(process);
        new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid()))
                .start()
                .waitFor();

        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(printed(name)).contains("Latchkey is running", "Latchkey has stopped.");
        await().atMost(PATIENCE).until(() -> !postgres.isAlive());
        assertThat(folder.resolve("data/postgres/cluster/postmaster.pid")).doesNotExist();
    }

    /** Side by side: each is a process of its own. */
    @Test
    void endsWithOneClearSentenceWhenItCannotRun() throws Exception {
        ServerSocket taken = new ServerSocket(0);
        String noSuchUser = PostgresForTests.freshDatabaseUrl().replaceFirst("//[^@]*@", "//nobody-here:pa55word@");
        Map<String, Map<String, String>> wrong = Map.of(
                "LATCHKEY_PORT", Map.of("LATCHKEY_PORT", "many"),
                "LATCHKEY_ENCRYPTION_KEY",
                        Map.of(
                                "LATCHKEY_ENCRYPTION_KEY",
                                "short",
                                // It is read once there is a database.
                                "LATCHKEY_DATABASE_URL",
                                PostgresForTests.freshDatabaseUrl()),
                "cannot be reached", Map.of("LATCHKEY_DATABASE_URL", noSuchUser),
                "cannot be listened on", Map.of("LATCHKEY_PORT", Integer.toString(taken.getLocalPort())),
                "encryption.key is missing",
                        Map.of(
                                "LATCHKEY_DATABASE_URL",
                                lostKey(),
                                "LATCHKEY_DATA_DIR",
                                folder.resolve("lost").toString()),
                "LATCHKEY_PROVIDERS_DIR", Map.of("LATCHKEY_PROVIDERS_DIR", "/no/such/folder"),
                "LATCHKEY_LAB", Map.of("LATCHKEY_LAB", "perhaps"));
        Map<String, Process> ended = new HashMap<>();
        for (String named : wrong.keySet()) {
            ended.put(named, launch(named, Objects.requireNonNull(wrong.get(named))));
        }

        for (String named : wrong.keySet()) {
            Process process = Objects.requireNonNull(ended.get(named));
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).isEqualTo(1);
            assertThat(printed(named)).doesNotContain("\tat ");
            List<String> said = Files.readAllLines(folder.resolve(named + ".err")).stream()
                    .filter(line -> line.startsWith("latchkey: "))
                    .toList();
            assertThat(said).hasSize(1);
            assertThat(said.getFirst()).endsWith(".").contains(named).doesNotContain("pa55word", "Exception");
        }
        taken.close();
        assertThat(folder.resolve("lost/encryption.key")).doesNotExist();
    }

    @Test
    void logsInJsonAndOnlyWhatTheLevelsSay() throws Exception {
        Map<String, String> settings = Map.of(
                "LATCHKEY_DATABASE_URL", PostgresForTests.freshDatabaseUrl(),
                "LATCHKEY_LOG_FORMAT", "json",
                "LATCHKEY_LOG_LEVEL", "error, dev.latchkey.server.Main=warn",
                "LATCHKEY_PUBLIC_ULR", "https://a.example",
                "JDK_JAVA_OPTIONS", "-Xlog:class+load:file=" + folder.resolve("classes"));
        Process process = launch("json", settings);
        awaitHealthy(process, "json");

        List<JsonNode> lines = printed("json")
                .lines()
                .filter(line -> line.startsWith("{"))
                .map(Json.MAPPER::readTree)
                .toList();
        assertThat(lines).hasSize(1);
        assertThat(lines.getFirst().path("level").asString()).isEqualTo("WARN");
        assertThat(OffsetDateTime.parse(lines.getFirst().path("time").asString()))
                .isCloseTo(OffsetDateTime.now(), within(5, ChronoUnit.MINUTES));
        assertThat(lines.getFirst().path("logger").asString()).isEqualTo("dev.latchkey.server.Main");
        assertThat(lines.getFirst().path("message").asString())
                .isEqualTo("LATCHKEY_PUBLIC_ULR is no setting; did you mean 'LATCHKEY_PUBLIC_URL'?");
        // Without a collector its libraries cost neither time nor memory.
        assertThat(Files.readString(folder.resolve("classes")))
                .contains("dev.latchkey.server.telemetry.Tracer")
                .doesNotContain("io.opentelemetry", "io.micrometer.registry.otlp");
    }

    @Test
    void saysThatItIsNotReadyWhileItStopsOrItsDatabaseIsAway() throws Exception {
        try (Cable cable = new Cable()) {
            Process process =
                    launch("leaving", Map.of("LATCHKEY_DATABASE_URL", cable.url(), "LATCHKEY_SHUTDOWN_DELAY", "20"));
            awaitHealthy(process, "leaving");
            assertThat(probe("ready")).isZero();

            cable.cut();
            await().atMost(PATIENCE).until(() -> status("/health/ready") == 503);
            assertThat(probe("ready")).isEqualTo(1);
            assertThat(probe("live")).isZero();
            cable.restore();
            await().atMost(PATIENCE).until(() -> status("/health/ready") == 200);

            new ProcessBuilder("kill", "-TERM", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            await().atMost(Duration.ofSeconds(15)).until(() -> status("/health/ready") == 503);
            assertThat(status("/health/live")).isEqualTo(200);
            assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        }
    }

    private int status(String path) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            return http.send(
                            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                                    .build(),
                            HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        }
    }

    private int probe(String what) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                HealthProbe.class.getName(),
                what);
        builder.environment().put("LATCHKEY_PORT", Integer.toString(port));
        return builder.start().waitFor();
    }

    /** A database that another key has written to; that key is nowhere. */
    private String lostKey() {
        String url = PostgresForTests.freshDatabaseUrl();
        SecureRandom random = new SecureRandom();
        try (Database database = Database.open(DatabaseAddress.parse(url))) {
            Vault.open(
                    MasterKey.load(Optional.empty(), folder.resolve("other.key"), () -> false, random),
                    database,
                    random);
        }
        return url;
    }

    private Process launch(String name, Map<String, String> settings) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                // A process in the background of a shell ignores SIGINT, and so would its children.
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
