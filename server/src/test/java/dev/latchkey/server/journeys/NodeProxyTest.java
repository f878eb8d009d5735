package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** The unmodified npm package {@code @nangohq/node} calls a real HTTP server through the proxy. */
class NodeProxyTest {
    @TempDir
    Path providers;

    private final Map<String, Integer> seen = new ConcurrentHashMap<>();

    @Test
    void everyCallOfNangosNodeClientGoesThrough() throws Exception {
        HttpServer upstream = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        upstream.createContext("/", this::answer);
        upstream.start();
        int port = upstream.getAddress().getPort();
        Files.writeString(providers.resolve("acme.yaml"), """
                id: acme
                name: Acme
                tags: [test]
                api_docs: https://docs.example.com/
                auth:
                  kind: oauth2_code
                  authorize: { url: https://acme.example.com/authorize }
                  exchange: { url: https://acme.example.com/token }
                api: { base: "http://127.0.0.1:%d/v1" }
                """.formatted(port));
        try (Latchkey latchkey = Latchkey.start(
                Map.of("LATCHKEY_PROVIDERS_DIR", providers.toString(), "LATCHKEY_EGRESS_ALLOW", "127.0.0.1:" + port))) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "acme", "unique_key": "acme",
                     "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""", 200);
            latchkey.call("POST", "/connections", """
                    {"provider_config_key": "acme", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "at-1"}}""", 201);

            try (NpmProcess client = NpmProcess.start(
                    "proxy-client.mjs",
                    Map.of(
                            "HOST",
                            latchkey.address.toString(),
                            "KEY",
                            latchkey.key,
                            "OTHER",
                            "https://other.example"))) {
                assertThat(client.awaitEnd()).contains("every call went through");
            }
        } finally {
            upstream.stop(0);
        }
    }

    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readAllBytes();
        String path = exchange.getRequestURI().getPath().replaceFirst("^/v1", "");
        exchange.getResponseHeaders().add("X-Upstream", "acme");
        if (path.startsWith("/binary")) {
            byte[] bytes = new byte[500_000];
            new Random(7).nextBytes(bytes);
            exchange.getResponseHeaders().add("X-Sum", sha256(bytes));
            send(exchange, 200, "application/octet-stream", bytes);
        } else if (path.startsWith("/gzip")) {
            ByteArrayOutputStream zipped = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(zipped)) {
                gzip.write("plain text".getBytes(StandardCharsets.UTF_8));
            }
            exchange.getResponseHeaders().add("Content-Encoding", "gzip");
            send(exchange, 200, "text/plain", zipped.toByteArray());
        } else if (path.startsWith("/sum")) {
            send(
                    exchange,
                    200,
                    "application/json",
                    ("{\"length\":" + body.length + "}").getBytes(StandardCharsets.UTF_8));
        } else {
            int times = seen.merge(path, 1, Integer::sum);
            int status = path.startsWith("/status/")
                    ? 422
                    : path.startsWith("/flaky/") && times <= 2
                            ? 503
                            : path.startsWith("/teapot/") && times <= 1 ? 418 : 200;
            send(exchange, status, "application/json", echo(exchange, body));
        }
    }

    private static byte[] echo(HttpExchange exchange, byte[] body) {
        ObjectNode echo = Json.MAPPER.createObjectNode();
        echo.put("method", exchange.getRequestMethod());
        echo.put("target", exchange.getRequestURI().toString());
        echo.put("body", new String(body, StandardCharsets.UTF_8));
        ObjectNode headers = echo.putObject("headers");
        exchange.getRequestHeaders()
                .forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(", ", values)));
        return Json.MAPPER.writeValueAsBytes(echo);
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", type);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new AssertionError(e);
        }
    }
}
