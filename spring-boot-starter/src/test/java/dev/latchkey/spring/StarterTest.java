package dev.latchkey.spring;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.Failure;
import dev.latchkey.client.Json;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import dev.latchkey.client.testing.FakeEvents;
import dev.latchkey.client.testing.FakeLatchkey;
import dev.latchkey.client.testing.SignedEvent;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

/** The example application, on Spring MVC and on WebFlux; with Boot 4, and in another module with Boot 3. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class StarterTest {
    private final HttpClient http = HttpClient.newHttpClient();
    final FakeLatchkey fake = FakeLatchkey.start();
    final Provider provider = new Provider();
    private ConfigurableApplicationContext application;
    private URI address;

    String kind() {
        return "servlet";
    }

    @BeforeAll
    void start() {
        application = start(Map.of());
        address = address(application);
    }

    private ConfigurableApplicationContext start(Map<String, Object> more) {
        Map<String, Object> properties = new LinkedHashMap<>(Map.of(
                "server.port", "0",
                "server.address", "127.0.0.1",
                "spring.main.web-application-type", kind(),
                "spring.main.banner-mode", "off",
                "management.endpoint.health.show-details", "always",
                "latchkey.host", fake.address(),
                "latchkey.secret-key", fake.secretKey(),
                "latchkey.token-age", "0s",
                "latchkey.attempts", "1",
                "latchkey.webhook.path", "/hooks/latchkey"));
        properties.put("latchkey.webhook.signing-key", fake.signingKey());
        properties.put("latchkey.return-url", "https://app.example.com/settings");
        properties.putAll(more);
        return new SpringApplicationBuilder(ExampleApplication.class)
                .properties(properties)
                .run();
    }

    private static URI address(ConfigurableApplicationContext context) {
        return URI.create("http://127.0.0.1:" + context.getEnvironment().getProperty("local.server.port"));
    }

    @AfterAll
    void stop() {
        application.close();
        provider.close();
        fake.close();
    }

    @AfterEach
    void forget() {
        fake.reset();
        provider.refused.clear();
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return get(address, path, "ada");
    }

    private HttpResponse<String> get(URI at, String path, String user) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(at.resolve(path));
        if (!user.isEmpty()) {
            request.header(ExampleApplication.USER, user);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    static String encoded(URI address) {
        return URLEncoder.encode(address.toString(), StandardCharsets.UTF_8);
    }

    @Test
    void aParameterIsTheCurrentUsersConnection() throws Exception {
        fake.connection("github", "ada").withToken("token-7");

        assertThat(get("/token").body()).isEqualTo("token-7");
        assertThat(get("/provider").body()).isEqualTo("github");
        assertThat(get(address, "/token", "").statusCode()).isEqualTo(401);
        assertThat(get(address, "/token", "bob").statusCode()).isEqualTo(409);
    }

    @Test
    void aUserWhoMustAuthorizeGetsAProblemWithALinkThatWorks() throws Exception {
        fake.connection("github", "ada").withToken("token-1").needsAuthorization();

        HttpResponse<String> problem = get("/token");

        assertThat(problem.statusCode()).isEqualTo(409);
        assertThat(problem.headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("application/problem+json"));
        assertThat(problem.headers().firstValue("Cache-Control")).contains("no-store");
        Json json = Json.parse(problem.body());
        assertThat(json.get("code").asText()).isEqualTo("authorization_required");
        assertThat(json.get("integration").asText()).isEqualTo("github");
        fake.allows(URI.create(json.get("authorize_url").asText()));
        assertThat(get("/token").body()).isEqualTo("token-1-renewed-1");
    }

    @Test
    void otherFailuresAreProblemsThatSayWhetherToRetryAndNameNoHost() throws Exception {
        fake.connection("github", "ada").refreshFails(Duration.ofMinutes(1));
        HttpResponse<String> failing = get("/token");
        assertThat(failing.statusCode()).isEqualTo(503);
        assertThat(Integer.parseInt(failing.headers().firstValue("Retry-After").orElseThrow()))
                .isBetween(1, 60);
        fake.connection("github", "ada").works().paused("secret reason");
        HttpResponse<String> paused = get("/token");
        assertThat(paused.statusCode()).isEqualTo(503);
        fake.fails(Failure.of(500, "server_error", "secret reason"));
        HttpResponse<String> failed = get("/token");
        assertThat(failed.statusCode()).isEqualTo(502);
        fake.works().breaks();
        HttpResponse<String> away = get("/token");
        assertThat(away.statusCode()).isEqualTo(502);

        assertThat(List.of(failing.body(), paused.body(), failed.body(), away.body()))
                .isNotEmpty()
                .allSatisfy(body -> assertThat(body)
                        .contains("\"detail\":")
                        .doesNotContain("secret reason", fake.address().getAuthority()));
    }

    @Test
    void aTokenIsSentToTheProviderAloneAndReplacedAfterA401() throws Exception {
        fake.connection("github", "ada").withToken("token-1");
        try (Provider elsewhere = new Provider()) {
            String path = "/direct?api=" + encoded(provider.address) + "&to=";
            assertThat(get(path + encoded(provider.address.resolve("/echo"))).body())
                    .isEqualTo("token-1");
            assertThat(get(path + encoded(elsewhere.address.resolve("/echo"))).body())
                    .isEqualTo("null");
            provider.refused.add("token-1");
            assertThat(get(path + encoded(provider.address.resolve("/echo"))).body())
                    .isEqualTo("token-1-renewed-1");
        }
    }

    @Test
    void healthHasItsOwnDeadlineAndNamesTheReason() throws Exception {
        HttpResponse<String> up = get("/actuator/health");
        assertThat(up.body()).contains("\"latchkey\":{\"status\":\"UP\"}");
        fake.fails(Failure.of(401, "unknown_account", "Unknown key."));
        HttpResponse<String> down = get("/actuator/health");
        assertThat(down.statusCode()).isEqualTo(503);
        assertThat(down.body()).contains("Unknown key.").doesNotContain(fake.secretKey());
        fake.works();

        assertThat(new LatchkeyHealth(fake.client(), Duration.ofNanos(1)).failure())
                .hasValueSatisfying(reason -> assertThat(reason).contains("deadline"));
        try (Latchkey without = Latchkey.of(dev.latchkey.client.Settings.standard())) {
            assertThat(new LatchkeyHealth(without, Duration.ofSeconds(1)).unknown())
                    .isPresent();
        }
    }

    @Test
    void signedWebhooksBecomeEventsAndNoOthers() throws Exception {
        FakeEvents signed = fake.events();
        ExampleApplication.Events events = application.getBean(ExampleApplication.Events.class);
        SignedEvent event = signed.connected("github", "ada");

        assertThat(deliver(address, event)).isEqualTo(204);
        assertThat(deliver(
                        address, new SignedEvent(signed.deleted("github", "ada").body(), event.headers())))
                .isEqualTo(401);
        // A listener that throws: it is delivered again.
        assertThat(deliver(address, signed.deleted("github", "ada"))).isEqualTo(500);
        assertThat(deliver(address, new SignedEvent(new byte[WebhookReceiver.LARGEST + 1], event.headers())))
                .isEqualTo(413);

        assertThat(events.connected)
                .singleElement()
                .satisfies(one -> assertThat(one.about().connectionId()).isEqualTo("ada"));
        assertThat(events.all).singleElement().satisfies(one -> {
            assertThat(one.id()).isEqualTo(Webhooks.id(event.headers()).orElseThrow());
            assertThat(one.event()).isInstanceOf(WebhookEvent.Connected.class);
        });
    }

    private int deliver(URI at, SignedEvent event) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(at.resolve("/hooks/latchkey"))
                .POST(HttpRequest.BodyPublishers.ofByteArray(event.body()));
        event.headers().forEach(request::header);
        return http.send(request.build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    /** As {@code ${KEY:}} of a variable that a developer has not set. */
    @Test
    void startsWithoutASigningKeyAndRefusesWebhooks() throws Exception {
        try (ConfigurableApplicationContext without = start(Map.of("latchkey.webhook.signing-key", ""))) {
            assertThat(without.getBeanProvider(Webhooks.class).getIfAvailable()).isNull();
            assertThat(deliver(address(without), fake.events().connected("github", "ada")))
                    .isEqualTo(503);
        }
        try (ConfigurableApplicationContext without = start(Map.of("latchkey.webhook.path", ""))) {
            assertThat(deliver(address(without), fake.events().connected("github", "ada")))
                    .isEqualTo(404);
        }
    }

    @Test
    void theApplicationsOwnBeansAndSwitchesCount() throws Exception {
        fake.connection("github", "ada").needsAuthorization();
        try (ConfigurableApplicationContext without = start(Map.of("latchkey.problem-details.enabled", "false"))) {
            assertThat(get(address(without), "/token", "ada").statusCode()).isEqualTo(500);
        }
        try (ConfigurableApplicationContext bare = new SpringApplicationBuilder(ExampleApplication.class)
                .properties(Map.of(
                        "server.port", "0",
                        "spring.main.web-application-type", kind(),
                        "NANGO_SECRET_KEY", fake.secretKey(),
                        "NANGO_HOST", fake.address()))
                .run()) {
            bare.getBean(Latchkey.class).ping();
        }
    }
}
