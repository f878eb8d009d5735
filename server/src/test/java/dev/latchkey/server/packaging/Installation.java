package dev.latchkey.server.packaging;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/** A Latchkey that was installed from an artifact, as a process with an environment of its own. */
final class Installation implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Pattern KEY = Pattern.compile("Secret key of environment dev, shown only now: (\\S+)");

    final int port = Latchkey.freePort();
    private final Path log;
    private final Process process;

    /** Starts the command in the folder; only these variables are set. */
    Installation(List<String> command, Map<String, String> environment, Path folder, Path log) throws IOException {
        this.log = log;
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        builder.environment().put("LATCHKEY_PORT", Integer.toString(port));
        builder.environment().put("LATCHKEY_PUBLIC_URL", "http://localhost:" + port);
        builder.environment().put("LATCHKEY_LAB", "true");
        process = builder.start();
    }

    long pid() {
        return process.pid();
    }

    String printed() throws IOException {
        return Files.readString(log);
    }

    Installation awaitReady() {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpRequest ready = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + "/health/ready"))
                    .build();
            await().atMost(PATIENCE)
                    .failFast("it ended: " + log, () -> !process.isAlive())
                    .ignoreExceptions()
                    .until(() -> http.send(ready, HttpResponse.BodyHandlers.discarding())
                                    .statusCode()
                            == 200);
        }
        return this;
    }

    /** An integration with the lab, a session, a user who agrees; then the credential that the product reads. */
    void connectsInTheLab() throws Exception {
        await("the first key is printed").until(() -> KEY.matcher(printed()).find());
        Matcher found = KEY.matcher(printed());
        assertThat(found.find()).isTrue();
        String key = found.group(1);
        call(key, "POST", "/integrations", "{\"provider\": \"github\", \"unique_key\": \"github\", \"lab\": true}");
        JsonNode session = call(
                key,
                "POST",
                "/connect/sessions",
                "{\"end_user\": {\"id\": \"user-42\"}, \"allowed_integrations\": [\"github\"]}");

        HttpResponse<String> page = new LabUser()
                .connect(URI.create("http://localhost:" + port + "/oauth/connect/github?connect_session_token="
                        + session.at("/data/token").asString()));

        assertThat(page.statusCode()).isEqualTo(200);
        JsonNode connections = call(key, "GET", "/connections", "").path("connections");
        assertThat(connections.size()).isEqualTo(1);
        JsonNode connection = call(
                key,
                "GET",
                "/connections/" + connections.get(0).path("connection_id").asString() + "?provider_config_key=github",
                "");
        assertThat(connection.at("/credentials/type").asString()).isEqualTo("OAUTH2");
        assertThat(connection.at("/credentials/access_token").asString()).isNotEmpty();
    }

    private JsonNode call(String key, String method, String path, String body) throws Exception {
        try (HttpClient http = HttpClient.newHttpClient()) {
            HttpResponse<String> response = http.send(
                    HttpRequest.newBuilder(URI.create("http://localhost:" + port + path))
                            .header("Authorization", "Bearer " + key)
                            .header("Content-Type", "application/json")
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode() / 100)
                    .as(method + " " + path + ": " + response.body())
                    .isEqualTo(2);
            return Json.MAPPER.readTree(response.body());
        }
    }

    /** As a supervisor stops it: SIGTERM, which reaches Java since the launcher has become it. */
    void stopsOnSigterm() throws Exception {
        process.destroy();
        assertThat(process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(printed()).contains("Latchkey is running", "Latchkey has stopped.");
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Runs a command that ends. @return what it printed to both streams, after its status in a line of its own */
    static String ran(List<String> command, Map<String, String> environment, Path folder) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true);
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() + "\n" + printed;
    }
}
