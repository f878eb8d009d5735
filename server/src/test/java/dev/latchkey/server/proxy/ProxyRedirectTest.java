package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Where a credential may go (security.md A12, A18, B2): the definition's hosts and the operator's, and nowhere by a redirect. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyRedirectTest {
    private ProxyFixture proxy;

    @BeforeAll
    void start() throws Exception {
        proxy = ProxyFixture.oauth2(
                "  headers: { x-token: \"${token.access}\" }", Map.of("LATCHKEY_PROXY_HOSTS", "localhost"));
    }

    @AfterAll
    void stop() throws Exception {
        proxy.close();
    }

    @BeforeEach
    void fresh() {
        proxy.upstream.asked.clear();
        proxy.stranger.asked.clear();
        proxy.stranger.answers(
                (asked, out) -> Upstream.send(out, 200, "", "stranger " + asked.method() + asked.text()));
    }

    private void redirects(int status, String location) {
        proxy.upstream.answers((asked, out) -> {
            String body = asked.text();
            return asked.target().equals("/base/from")
                    ? Upstream.send(out, status, "Location: " + location + "\r\n", "moved")
                    : Upstream.send(out, 200, "", "here " + asked.method() + body);
        });
    }

    @Test
    void a12_theSameHostGetsTheCredentialAgain() throws Exception {
        redirects(302, "/base/to?x=1");

        HttpResponse<String> answer = proxy.get("/from");

        assertThat(answer.body()).isEqualTo("here GET");
        assertThat(proxy.upstream.asked.get(1).target()).isEqualTo("/base/to?x=1");
        assertThat(proxy.upstream.asked.get(1).headers()).containsEntry("authorization", "Bearer at-1");
    }

    @Test
    void a12_anotherHostGetsNeitherTheCredentialNorTheCallersHeaders() throws Exception {
        redirects(302, proxy.stranger.address() + "/file");

        HttpResponse<String> answer = proxy.get("/from", "Nango-Proxy-X-Mine", "1", "Nango-Proxy-Accept", "a/b");

        assertThat(answer.body()).isEqualTo("stranger GET");
        assertThat(proxy.stranger.asked.getFirst().headers())
                .containsEntry("accept", "a/b")
                .doesNotContainKeys("authorization", "x-token", "x-mine", "cookie");
    }

    @Test
    void a12_theCallersHeadersFollowWhenHeSaysSoTheCredentialNever() throws Exception {
        redirects(307, proxy.stranger.address() + "/file");

        HttpResponse<String> answer = proxy.get(
                "/from",
                "Nango-Proxy-X-Mine",
                "1",
                "Nango-Proxy-Authorization",
                "Own 1",
                "Forward-Headers-On-Redirect",
                "true");

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(proxy.stranger.asked.getFirst().headers())
                .containsEntry("x-mine", "1")
                .doesNotContainKeys("authorization", "x-token");
    }

    @Test
    void a18_methodsChangeAsHttpSays() throws Exception {
        redirects(303, "/base/to");
        assertThat(proxy.send("PUT", "/from", "body").body()).isEqualTo("here GET");
        redirects(302, "/base/to");
        assertThat(proxy.send("POST", "/from", "body").body()).isEqualTo("here GET");
        redirects(307, "/base/to");
        assertThat(proxy.send("POST", "/from", "body").body()).isEqualTo("here POSTbody");
        redirects(308, "/base/to");
        assertThat(proxy.send("PUT", "/from", "body").body()).isEqualTo("here PUTbody");
    }

    @Test
    void aBodyThatWentOutIsNotSentTwiceWhenItIsTooLongToBeHeld() throws Exception {
        redirects(307, "/base/to");

        HttpResponse<String> answer = proxy.send("POST", "/from", "x".repeat(RequestBody.HELD_BYTES * 3));

        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(answer.body()).contains("redirect_not_followed");
    }

    @Test
    void redirectsEnd() throws Exception {
        redirects(302, "/base/from");

        HttpResponse<String> answer = proxy.get("/from");

        assertThat(answer.statusCode()).isEqualTo(502);
        assertThat(answer.body()).contains("redirect_not_followed", "more than 5 times");
        assertThat(proxy.upstream.asked).hasSize(6);
    }

    @Test
    void b2_aRedirectToWhereWeMayNotCallIsRefusedBeforeAConnectionIsMade() throws Exception {
        try (Upstream forbidden = new Upstream("127.0.0.9")) {
            redirects(302, forbidden.address() + "/latest/meta-data");
            HttpResponse<String> answer = proxy.get("/from");

            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(answer.body()).contains("forbidden_host");
            redirects(302, "https://127.0.0.9/latest/meta-data");
            assertThat(proxy.get("/from").statusCode()).isEqualTo(403);
            assertThat(forbidden.asked).isEmpty();
        }
    }

    @Test
    void aBaseThatIsNoneOfTheProvidersIsRefused() throws Exception {
        HttpResponse<String> answer = proxy.get("/x", "Base-Url-Override", proxy.stranger.address());

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("forbidden_host", "LATCHKEY_PROXY_HOSTS");
        assertThat(proxy.get("/x", "Base-Url-Override", "file:///etc/passwd").statusCode())
                .isEqualTo(400);
        assertThat(proxy.get("/x", "Base-Url-Override", "https://u:p@127.0.0.1").statusCode())
                .isEqualTo(400);
        assertThat(proxy.get("/" + proxy.stranger.address() + "/x").statusCode())
                .isEqualTo(403);
        assertThat(proxy.stranger.asked).isEmpty();
    }

    @Test
    void theOperatorsHostsAreAllowedButGuardedStill() throws Exception {
        HttpResponse<String> answer =
                proxy.get("/x", "Base-Url-Override", "https://localhost:" + proxy.stranger.port() + "/other");

        assertThat(answer.statusCode()).isEqualTo(403);
        assertThat(answer.body()).contains("LATCHKEY_EGRESS_ALLOW");
    }

    @Test
    void anAbsoluteEndpointThatBeginsWithTheBaseIsTheSame() throws Exception {
        redirects(302, "/base/to");

        assertThat(proxy.get("/" + proxy.upstream.address() + "/base/items?a=1").body())
                .isEqualTo("here GET");
        assertThat(proxy.upstream.asked.getFirst().target()).isEqualTo("/base/items?a=1");
        assertThat(proxy.get("/x", "Base-Url-Override", proxy.upstream.address() + "/v2/")
                        .body())
                .isEqualTo("here GET");
        assertThat(proxy.upstream.asked.get(1).target()).isEqualTo("/v2/x");
    }
}
