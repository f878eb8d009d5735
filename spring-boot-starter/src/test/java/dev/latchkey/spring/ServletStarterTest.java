package dev.latchkey.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.Json;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What only Spring MVC has: a current user on the thread that sends a request. */
class ServletStarterTest extends StarterTest {
    @Test
    void aRestClientCallsThroughTheProxyForTheCurrentUserOrANamedConnection() throws Exception {
        fake.connection("github", "ada");
        fake.connection("github", "shared");
        fake.onCall("github", "GET", "/user").respond(200, Map.of("login", "ada"));

        assertThat(get("/proxied").body()).isEqualTo("{\"login\":\"ada\"}");
        assertThat(get("/proxied?of=shared").body()).isEqualTo("{\"login\":\"ada\"}");
        assertThat(get("/call").body()).isEqualTo("{\"login\":\"ada\"}");

        assertThat(fake.calls()).extracting(call -> call.connectionId()).containsExactly("ada", "shared", "ada");
        assertThat(fake.calls().get(0).path()).isEqualTo("/user?tab=1");
        assertThat(fake.calls().get(0).header("X-Trace")).contains("t1");
    }

    /** Whoever has the link decides whose account the connection is. */
    @Test
    void noUserGetsTheLinkOfAnothersConnection() throws Exception {
        fake.connection("github", "shared").needsAuthorization();

        for (String path : new String[] {"/shared", "/proxied?of=shared"}) {
            HttpResponse<String> problem = get(path);
            assertThat(problem.statusCode()).isEqualTo(409);
            assertThat(Json.parse(problem.body()).get("authorize_url").exists()).isFalse();
        }
        assertThat(Json.parse(get("/proxied").body()).get("authorize_url").exists())
                .isTrue();
    }
}
