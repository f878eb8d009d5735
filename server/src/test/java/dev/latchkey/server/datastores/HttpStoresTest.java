package dev.latchkey.server.datastores;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.NpmProcess;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.node.ObjectNode;

/** Stores that speak HTTP: S3 by an independent server that checks signatures, ClickHouse by one that answers as a real one did. */
class HttpStoresTest {
    @TempDir
    static Path folder;

    private static Certificates certificates;
    private static Latchkey latchkey;

    @BeforeAll
    static void start() throws Exception {
        certificates = Certificates.in(folder);
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_EGRESS_ALLOW",
                "localhost",
                "LATCHKEY_EGRESS_CA",
                certificates.file("ca.pem").toString()));
        for (String provider : new String[] {"s3-compatible", "clickhouse-http"}) {
            latchkey.call("POST", "/integrations", """
                    {"provider": "%1$s", "unique_key": "%1$s"}""".formatted(provider), 200);
        }
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static HttpResponse<String> connect(
            String provider, String user, String password, Map<String, String> config) {
        StringBuilder path = new StringBuilder(
                "/api-auth/basic/" + provider + "?connect_session_token=" + latchkey.session(provider));
        config.forEach((name, value) ->
                path.append("&params[").append(name).append("]=").append(value));
        ObjectNode body = Json.MAPPER.createObjectNode().put("username", user).put("password", password);
        return latchkey.sendAs("", "POST", path.toString(), body.toString());
    }

    private static HttpResponse<String> proxied(
            String method, String provider, HttpResponse<String> connected, String path) {
        return latchkey.send(
                method,
                "/proxy" + path,
                "",
                Map.of(
                        "Provider-Config-Key",
                        provider,
                        "Connection-Id",
                        Json.MAPPER
                                .readTree(connected.body())
                                .get("connectionId")
                                .asString()));
    }

    @Test
    void anS3ServerChecksTheSignatures() throws Exception {
        try (NpmProcess server = NpmProcess.start(
                "s3.mjs",
                Map.of(
                        "DIRECTORY", folder.resolve("s3").toString(),
                        "KEY", certificates.file("server.key").toString(),
                        "CERT", certificates.file("server.pem").toString()))) {
            Map<String, String> config =
                    Map.of("baseUrl", "https://localhost:" + server.awaitLine("listening "), "bucket", "acme-files");
            HttpResponse<String> connected = connect("s3-compatible", "S3RVER", "S3RVER", config);
            assertThat(connected.statusCode()).as(connected.body()).isEqualTo(200);

            assertThat(proxied("PUT", "s3-compatible", connected, "/acme-files/in%20box/a%2Bb%C3%A4.txt")
                            .statusCode())
                    .isEqualTo(200);
            HttpResponse<String> listed =
                    proxied("GET", "s3-compatible", connected, "/acme-files?list-type=2&prefix=in%20box%2F&max-keys=7");
            assertThat(listed.statusCode()).as(listed.body()).isEqualTo(200);
            assertThat(listed.body()).contains("<Key>in box/a+bä.txt</Key>");

            HttpResponse<String> refused = connect("s3-compatible", "S3RVER", "wrong-secret", config);
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
            assertThat(refused.body()).contains("connection_test_failed").doesNotContain("wrong-secret");
            assertThat(connect("s3-compatible", "NOBODY", "S3RVER", config).statusCode())
                    .isEqualTo(400);
        }
    }

    /** Its answers are those of ClickHouse 18.16.1 to the same requests. */
    private static void clickHouse(HttpExchange exchange) throws IOException {
        String expected = "Basic " + Base64.getEncoder().encodeToString("app:s3cret".getBytes(StandardCharsets.UTF_8));
        boolean known = expected.equals(exchange.getRequestHeaders().getFirst("Authorization"));
        boolean query = "query=SELECT%201".equals(exchange.getRequestURI().getRawQuery());
        String answer = known
                ? query ? "1\n" : "Ok.\n"
                : "Code: 193, e.displayText() = DB::Exception: Wrong password for user app, e.what() = DB::Exception\n";
        if (!known) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Basic realm=\"ClickHouse server HTTP API\"");
        }
        exchange.getResponseHeaders().set("Content-Type", "text/tab-separated-values; charset=UTF-8");
        exchange.sendResponseHeaders(known ? 200 : 401, answer.length());
        exchange.getResponseBody().write(answer.getBytes(StandardCharsets.UTF_8));
        exchange.close();
    }

    @Test
    void clickHouseIsAskedForARowByUserAndPassword() throws Exception {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setHttpsConfigurator(new HttpsConfigurator(certificates.serverTls()));
        server.createContext("/", HttpStoresTest::clickHouse);
        server.start();
        try {
            Map<String, String> config =
                    Map.of("baseUrl", "https://localhost:" + server.getAddress().getPort());
            HttpResponse<String> connected = connect("clickhouse-http", "app", "s3cret", config);
            assertThat(connected.statusCode()).as(connected.body()).isEqualTo(200);
            assertThat(proxied("GET", "clickhouse-http", connected, "/?query=SELECT%201")
                            .body())
                    .isEqualTo("1\n");

            HttpResponse<String> refused = connect("clickhouse-http", "app", "wrong-secret", config);
            assertThat(refused.statusCode()).as(refused.body()).isEqualTo(400);
            assertThat(refused.body()).contains("connection_test_failed").doesNotContain("wrong-secret");
        } finally {
            server.stop(0);
        }
    }
}
