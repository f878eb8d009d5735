package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.storage.RestartablePostgres;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three nodes of the release before are replaced by this one under load, one after the other: the first new node migrates the schema
 * while the others still work with it. {@code ./latchkey nightly} builds the older one, and names its jar by {@code -Dolder.jar}.
 */
@Tag("nightly")
class RollingUpgradeTest {
    private static final int CONNECTIONS = 30;

    @TempDir
    Path folder;

    /** A node of either version. */
    private record Node(URI address, AutoCloseable process) {}

    private final TokenVendor vendor = new TokenVendor();
    private final List<Node> nodes = new CopyOnWriteArrayList<>();
    private final Map<String, String> settings = new HashMap<>();
    private final HttpClient http = HttpClient.newHttpClient();
    private final CountDownLatch enough = new CountDownLatch(1);
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();
    private final AtomicInteger requests = new AtomicInteger();
    private final AtomicInteger retried = new AtomicInteger();
    private final Set<String> acknowledged = ConcurrentHashMap.newKeySet();

    @AfterEach
    void stop() throws Exception {
        for (Node node : nodes) {
            node.process().close();
        }
        vendor.close();
        http.close();
    }

    @Test
    void threeNodesOfTheReleaseBeforeAreReplacedUnderLoadWithoutAFailedRequest() throws Exception {
        Path jar = Path.of(System.getProperty("older.jar", ""));
        Assumptions.assumeTrue(Files.isRegularFile(jar), "./latchkey nightly builds the release before");
        try (RestartablePostgres database = new RestartablePostgres(folder.resolve("postgres"))) {
            settings.putAll(vendor.settings(Files.createDirectories(folder.resolve("definitions"))));
            settings.put("LATCHKEY_DATABASE_URL", PostgresForTests.url(database.address()));
            settings.put("LATCHKEY_ENCRYPTION_KEY", "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LTMyMzI=");
            settings.put("LATCHKEY_SECRET_KEY", UUID.randomUUID().toString());
            for (int i = 0; i < 3; i++) {
                nodes.add(older(jar, i));
            }
            int before = schema(database.address());
            call("POST", "/integrations", """
                    {"provider": "vendor", "unique_key": "v", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""");
            vendor.expiresIn = 60;
            for (int i = 0; i < CONNECTIONS; i++) {
                create("c" + i, Instant.now().plusSeconds(20));
            }
            Instant begun = Instant.now();
            try (var threads = Executors.newVirtualThreadPerTaskExecutor();
                    AutoCloseable unused = enough::countDown) {
                for (int reader = 0; reader < CONNECTIONS; reader++) {
                    String name = "c" + reader;
                    threads.submit(() -> {
                        while (!enough.await(100, TimeUnit.MILLISECONDS)) {
                            request("GET", "/connections/" + name + "?provider_config_key=v", "", name.hashCode());
                        }
                        return true;
                    });
                }
                threads.submit(() -> {
                    for (int i = 0; !enough.await(100, TimeUnit.MILLISECONDS); i++) {
                        create("w" + i, Instant.now().plus(Duration.ofHours(2)));
                    }
                    return true;
                });
                for (Node old : List.copyOf(nodes)) {
                    nodes.add(newer());
                    work();
                    nodes.remove(old);
                    old.process().close();
                    work();
                }
            }
            System.out.printf(
                    "%d requests in %d s while schema %d became %d: %d sent once more, %d failed; %d refreshes%n",
                    requests.get(),
                    Duration.between(begun, Instant.now()).toSeconds(),
                    before,
                    schema(database.address()),
                    retried.get(),
                    failures.size(),
                    vendor.asked().size());

            assertThat(failures).isEmpty();
            assertThat(schema(database.address())).isGreaterThan(before);
            assertThat(vendor.ended()).as("no refresh token was used twice").isEmpty();
            for (String name : acknowledged) {
                Awaiting.until(name + " has the newest token", () -> token(name).equals(vendor.newest(name)));
            }
            assertThat(acknowledged).hasSizeGreaterThan(CONNECTIONS);
        }
    }

    private void work() {
        int before = requests.get();
        Awaiting.until("they work", () -> requests.get() > before + 300);
    }

    private Node older(Path jar, int number) throws IOException {
        int port = Latchkey.freePort();
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-jar",
                        jar.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("older-" + number + ".log").toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("LATCHKEY_"));
        builder.environment().putAll(settings);
        builder.environment().put("LATCHKEY_PORT", Integer.toString(port));
        builder.environment()
                .put("LATCHKEY_DATA_DIR", folder.resolve("older-" + number).toString());
        Process process = builder.start();
        Node node = new Node(URI.create("http://127.0.0.1:" + port), () -> {
            process.destroy();
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new IllegalStateException("the older node does not stop");
            }
        });
        Awaiting.until("the older node serves", Duration.ofMinutes(3), () -> {
            assertThat(process.isAlive())
                    .as(folder.resolve("older-" + number + ".log").toString())
                    .isTrue();
            return status(node, "GET", "/health", "") == 200;
        });
        return node;
    }

    private Node newer() {
        Latchkey node = Latchkey.start(settings);
        return new Node(URI.create("http://127.0.0.1:" + node.address.getPort()), node);
    }

    private void create(String name, Instant expiresAt) {
        boolean created = request(
                "POST", "/connections", """
                {"provider_config_key": "v", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "at-%s-0",
                 "refresh_token": "%s", "expires_at": "%s"}}""".formatted(name, name, vendor.newest(name), expiresAt), name.hashCode());
        if (created) {
            acknowledged.add(name);
        }
    }

    /** As a client behind a balancer does: what fails is sent once more, to the next node. */
    private boolean request(String method, String path, String body, int first) {
        requests.incrementAndGet();
        List<String> failed = new ArrayList<>();
        for (int attempt = 0; attempt < 2; attempt++) {
            List<Node> now = List.copyOf(nodes);
            Node node = now.get(((first & 0xFF) + attempt) % now.size());
            int status = status(node, method, path, body);
            // Sent once more, what had been stored before exists.
            if (status == 200 || status == 201 || attempt == 1 && status == 409) {
                return true;
            }
            failed.add(method + " " + path + ": " + status);
            if (attempt == 0) {
                retried.incrementAndGet();
            }
        }
        failures.add(failed.toString());
        return false;
    }

    private int status(Node node, String method, String path, String body) {
        try {
            return send(node, method, path, body).statusCode();
        } catch (IOException e) {
            return 0;
        }
    }

    private HttpResponse<String> send(Node node, String method, String path, String body) throws IOException {
        try {
            return http.send(
                    HttpRequest.newBuilder(node.address().resolve(path))
                            .header("Authorization", "Bearer " + settings.get("LATCHKEY_SECRET_KEY"))
                            .header("Content-Type", "application/json")
                            .timeout(Duration.ofSeconds(60))
                            .method(method, HttpRequest.BodyPublishers.ofString(body))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    private String call(String method, String path, String body) throws IOException {
        HttpResponse<String> answer = send(nodes.getFirst(), method, path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return answer.body();
    }

    private String token(String name) throws IOException {
        return Json.MAPPER
                .readTree(call("GET", "/connections/" + name + "?provider_config_key=v&refresh_token=true", ""))
                .at("/credentials/refresh_token")
                .asString();
    }

    private static int schema(DatabaseAddress database) {
        return Jdbi.create(
                        database.jdbcUrl(), database.user(), database.password().reveal())
                .withHandle(handle -> handle.createQuery(
                                "SELECT max(CAST(version AS integer)) FROM flyway_schema_history WHERE version IS NOT NULL")
                        .mapTo(Integer.class)
                        .one());
    }
}
