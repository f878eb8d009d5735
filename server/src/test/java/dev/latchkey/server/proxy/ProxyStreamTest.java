package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.Main;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gibibyte in each direction through a process whose heap is a tenth of that. */
class ProxyStreamTest {
    private static final long GIBIBYTE = 1L << 30;

    @TempDir
    Path folder;

    /** As many zeros as asked for, made as they are read. */
    private static final class Zeros extends InputStream {
        private long left;

        Zeros(long left) {
            this.left = left;
        }

        @Override
        public int read() {
            return left-- > 0 ? 0 : -1;
        }

        @Override
        public int read(byte[] buffer, int offset, int count) {
            if (left <= 0) {
                return -1;
            }
            int read = (int) Math.min(count, left);
            left -= read;
            return read;
        }
    }

    @Test
    void aGibibyteGoesEachWayInConstantMemory() throws Exception {
        String key = UUID.randomUUID().toString();
        int port = Latchkey.freePort();
        URI address = URI.create("http://127.0.0.1:" + port);
        try (Upstream upstream = new Upstream().answers((asked, out) -> {
            if (asked.method().equals("PUT")) {
                return Upstream.send(out, 200, "", Long.toString(count(asked.body())));
            }
            Upstream.raw(out, "HTTP/1.1 200 OK\r\nContent-Length: " + GIBIBYTE + "\r\n\r\n");
            new Zeros(GIBIBYTE).transferTo(out);
            return true;
        })) {
            Process server = launch(key, port, upstream);
            try (HttpClient http =
                    HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
                awaitAndConnect(http, server, address, key);

                HttpResponse<InputStream> download =
                        http.send(proxied(address, key).GET().build(), HttpResponse.BodyHandlers.ofInputStream());
                assertThat(count(download.body())).isEqualTo(GIBIBYTE);
                HttpResponse<String> upload = http.send(
                        proxied(address, key)
                                .PUT(HttpRequest.BodyPublishers.ofInputStream(() -> new Zeros(GIBIBYTE)))
                                .build(),
                        HttpResponse.BodyHandlers.ofString());
                assertThat(upload.body()).isEqualTo(Long.toString(GIBIBYTE));

                // Its heap could not hold a tenth of it; nor did anything outside of the heap.
                assertThat(peakMebibytes(server)).isLessThan(600);
            } finally {
                server.destroy();
                server.waitFor();
            }
        }
    }

    private Process launch(String key, int port, Upstream upstream) throws IOException {
        Path providers = Files.createDirectories(folder.resolve("providers"));
        Files.writeString(providers.resolve("acme.yaml"), """
                id: acme
                name: Acme
                tags: [test]
                api_docs: https://docs.example.com/
                auth: { kind: none }
                api: { base: %s }
                """.formatted(upstream.address()));
        ProcessBuilder builder = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx96m",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile());
        var environment = builder.environment();
        environment.put("LATCHKEY_PORT", Integer.toString(port));
        environment.put("LATCHKEY_SECRET_KEY", key);
        environment.put("LATCHKEY_LAB", "false");
        environment.put("LATCHKEY_DATA_DIR", folder.resolve("data").toString());
        environment.put("LATCHKEY_DATABASE_URL", PostgresForTests.freshDatabaseUrl());
        environment.put("LATCHKEY_PROVIDERS_DIR", providers.toString());
        environment.put("LATCHKEY_EGRESS_ALLOW", "127.0.0.1:" + upstream.port());
        return builder.start();
    }

    private void awaitAndConnect(HttpClient http, Process server, URI address, String key) throws Exception {
        Awaiting.await()
                .atMost(java.time.Duration.ofMinutes(3))
                .ignoreExceptions()
                .failFast(() -> {
                    assertThat(server.isAlive())
                            .as(Files.readString(folder.resolve("log")))
                            .isTrue();
                })
                .until(() -> post(http, address, key, "/integrations", """
                        {"provider": "acme", "unique_key": "acme"}""") == 200);
        assertThat(post(http, address, key, "/connections", """
                {"provider_config_key": "acme", "connection_id": "c1", "credentials": {"type": "NONE"}}""")).isEqualTo(201);
    }

    private static int post(HttpClient http, URI address, String key, String path, String body) throws Exception {
        return http.send(
                        HttpRequest.newBuilder(address.resolve(path))
                                .header("Authorization", "Bearer " + key)
                                .header("Content-Type", "application/json")
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }

    private static HttpRequest.Builder proxied(URI address, String key) {
        return HttpRequest.newBuilder(address.resolve("/proxy/big"))
                .header("Authorization", "Bearer " + key)
                .header("Provider-Config-Key", "acme")
                .header("Connection-Id", "c1");
    }

    private static long count(InputStream stream) throws IOException {
        byte[] buffer = new byte[64 * 1024];
        long total = 0;
        for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
            total += read;
        }
        return total;
    }

    /** The most memory that the process had at once, as Linux counts it. */
    private static long peakMebibytes(Process process) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "status"), StandardCharsets.UTF_8)
                .stream()
                .filter(line -> line.startsWith("VmHWM"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
                .findFirst()
                .orElse(0);
    }
}
