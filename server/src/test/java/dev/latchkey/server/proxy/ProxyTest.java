package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** What goes out and comes back through the proxy, over real sockets. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyTest {
    private ProxyFixture proxy;

    @BeforeAll
    void start() throws Exception {
        proxy = ProxyFixture.oauth2(
                "  headers: { x-version: \"7\", user-agent: \"acme-sdk\" }\n  query: { key: \"${token.access}\" }");
    }

    @AfterAll
    void stop() throws Exception {
        proxy.close();
    }

    @BeforeEach
    void fresh() {
        proxy.upstream.asked.clear();
        proxy.upstream.answers((asked, out) -> Upstream.send(out, 200, "", "{\"ok\":true}"));
        proxy.stranger.asked.clear();
    }

    @Test
    void placesTheCredentialAndSendsOnWhatTheCallerMeansForTheProvider() throws Exception {
        HttpResponse<String> answer = proxy.get(
                "/items/1%2F2?a=1&key=mine&b=%20x",
                "Nango-Proxy-X-Custom",
                "yes",
                "Nango-Proxy-User-Agent",
                "mine",
                "Nango-Proxy-X-Version",
                "8",
                "Cookie",
                "session=1",
                "X-Other",
                "not sent");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"ok\":true}");
        Upstream.Asked asked = proxy.upstream.asked.getFirst();
        assertThat(asked.method()).isEqualTo("GET");
        assertThat(asked.target()).isEqualTo("/base/items/1%2F2?a=1&b=%20x&key=at-1");
        assertThat(asked.headers())
                .containsEntry("authorization", "Bearer at-1")
                .containsEntry("x-custom", "yes")
                .containsEntry("user-agent", "acme-sdk")
                .containsEntry("x-version", "8")
                .doesNotContainKeys("cookie", "x-other", "provider-config-key", "connection-id", "content-length");
        assertThat(asked.headers().values()).isNotEmpty().noneMatch(value -> value.contains(proxy.latchkey.key));
    }

    @Test
    void everyMethodAndBodyArrives() throws Exception {
        proxy.upstream.answers((asked, out) ->
                Upstream.send(out, 200, "Content-Type: text/plain\r\n", asked.method() + " " + asked.text()));
        for (String method : List.of("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND")) {
            HttpResponse<String> answer =
                    proxy.send(method, "/things", "{\"a\":\"ä\"}", "Content-Type", "application/vnd.x+json");

            assertThat(answer.body()).isEqualTo(method + " {\"a\":\"ä\"}");
        }
        assertThat(proxy.upstream.asked)
                .isNotEmpty()
                .allSatisfy(asked -> assertThat(asked.headers())
                        .containsEntry("content-type", "application/vnd.x+json")
                        .containsEntry("content-length", "10")
                        .doesNotContainKey("transfer-encoding"));
    }

    @Test
    void statusHeadersAndBodyComeBack() throws Exception {
        proxy.upstream.answers((asked, out) -> Upstream.send(
                out,
                418,
                "Content-Type: application/json; charset=latin1\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-Request-Id: Abc\r\nLink: <https://x>; rel=next\r\nKeep-Alive: timeout=5\r\n",
                "{\"error\":\"teapot\"}"));

        String answer = proxy.raw("GET", "/tea", "Connection: close\r\n", "");

        assertThat(answer)
                .startsWith("HTTP/1.1 418 ")
                .contains("Content-Type: application/json; charset=latin1\r\n")
                .contains("X-Request-Id: Abc\r\n")
                .contains("Link: <https://x>; rel=next\r\n")
                .doesNotContain("Keep-Alive: timeout", "Set-Cookie")
                .endsWith("{\"error\":\"teapot\"}");
    }

    @Test
    void answersWithoutABodyHaveNone() throws Exception {
        proxy.upstream.answers((asked, out) -> {
            switch (asked.target().replaceAll("\\?.*", "")) {
                case "/base/204" -> Upstream.raw(out, "HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n");
                case "/base/304" ->
                    Upstream.raw(out, "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: \"e\"\r\n\r\n");
                default -> Upstream.raw(out, "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nX-A: 1\r\n\r\n");
            }
            return true;
        });

        HttpResponse<String> noContent = proxy.get("/204");
        HttpResponse<String> notModified = proxy.get("/304", "Nango-Proxy-If-None-Match", "\"e\"");
        HttpResponse<String> head = proxy.send("HEAD", "/x", "");

        assertThat(noContent.statusCode()).isEqualTo(204);
        assertThat(noContent.headers().firstValue("x-a")).contains("1");
        assertThat(notModified.statusCode()).isEqualTo(304);
        assertThat(notModified.headers().firstValue("etag")).contains("\"e\"");
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.headers().firstValue("content-length")).contains("1234");
        assertThat(head.body()).isEmpty();
    }

    @Test
    void whatIsWrongWithACallIsReportedByName() throws Exception {
        HttpResponse<String> none = proxy.latchkey.send("GET", "/proxy/user", "");
        assertThat(none.statusCode()).isEqualTo(400);
        assertThat(none.body()).contains("invalid_headers", "provider-config-key", "connection-id");

        HttpRequest unknown = HttpRequest.newBuilder(java.net.URI.create(proxy.latchkey.address + "/proxy/user"))
                .header("Authorization", "Bearer " + proxy.latchkey.key)
                .header("Provider-Config-Key", "nope")
                .header("Connection-Id", "c1")
                .build();
        HttpResponse<String> integration = proxy.http.send(unknown, HttpResponse.BodyHandlers.ofString());
        assertThat(integration.statusCode()).isEqualTo(404);
        assertThat(integration.body()).contains("unknown_provider_config");

        HttpRequest withoutConnection = HttpRequest.newBuilder(
                        java.net.URI.create(proxy.latchkey.address + "/proxy/user"))
                .header("Authorization", "Bearer " + proxy.latchkey.key)
                .header("Provider-Config-Key", "acme")
                .header("Connection-Id", "nobody")
                .build();
        HttpResponse<String> connection = proxy.http.send(withoutConnection, HttpResponse.BodyHandlers.ofString());
        assertThat(connection.statusCode()).isEqualTo(404);
        assertThat(connection.body()).contains("not_found");

        assertThat(proxy.get("/user", "Retries", "many").body()).contains("invalid_headers", "retries");
        assertThat(proxy.latchkey.sendAs("", "GET", "/proxy/user", "").statusCode())
                .isEqualTo(401);
        assertThat(proxy.upstream.asked).isEmpty();
    }
}
