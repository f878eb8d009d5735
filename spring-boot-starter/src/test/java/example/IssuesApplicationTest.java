package example;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.latchkey.client.testing.FakeLatchkey;
import dev.latchkey.client.testing.LatchkeyExtension;
import dev.latchkey.client.testing.SignedEvent;
import jakarta.servlet.Filter;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletRequestWrapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.Principal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

@SpringBootTest(webEnvironment = SpringBootTest.WebEnvironment.RANDOM_PORT)
class IssuesApplicationTest {
    @RegisterExtension
    static final LatchkeyExtension LATCHKEY = new LatchkeyExtension();

    @DynamicPropertySource
    static void properties(DynamicPropertyRegistry registry) {
        registry.add("latchkey.host", LATCHKEY.fake()::address);
        registry.add("latchkey.secret-key", LATCHKEY.fake()::secretKey);
        registry.add("latchkey.webhook.path", () -> "/hooks/latchkey");
        registry.add("latchkey.webhook.signing-key", LATCHKEY.fake()::signingKey);
    }

    /** In place of Spring Security: Ada is signed in. */
    @TestConfiguration
    static class SignedIn {
        @Bean
        Filter ada() {
            return (request, response, chain) -> chain.doFilter(
                    new HttpServletRequestWrapper((HttpServletRequest) request) {
                        @Override
                        public Principal getUserPrincipal() {
                            return () -> "ada";
                        }
                    },
                    response);
        }
    }

    private final HttpClient browser =
            HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NORMAL).build();

    @Value("${local.server.port}")
    private int port;

    private String get(String path) throws Exception {
        return browser.send(HttpRequest.newBuilder(at(path)).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private URI at(String path) {
        return URI.create("http://localhost:" + port + path);
    }

    @Test
    void listsTheIssuesOfAUserWhoConnects(FakeLatchkey fake) throws Exception {
        fake.integration("github", "github");
        fake.onCall("github", "GET", "/issues").respond(200, List.of("Broken link"));
        assertTrue(get("/issues").contains("\"code\":\"authorization_required\""));

        get("/connect");

        assertEquals("[\"Broken link\"]", get("/issues"));
        assertEquals("ada", fake.calls().get(0).connectionId());
    }

    @Test
    void welcomesAUser(FakeLatchkey fake, @Autowired IssuesApplication.Welcome welcome) throws Exception {
        SignedEvent event = fake.events().connected("github", "ada");
        HttpRequest.Builder request = HttpRequest.newBuilder(at("/hooks/latchkey"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(event.body()));
        event.headers().forEach(request::header);

        assertEquals(
                204,
                browser.send(request.build(), HttpResponse.BodyHandlers.discarding())
                        .statusCode());
        assertEquals(List.of("ada"), welcome.users);
    }
}
