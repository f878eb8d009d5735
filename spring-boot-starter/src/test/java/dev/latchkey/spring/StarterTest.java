package dev.latchkey.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.NewIntegration;
import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import dev.latchkey.server.journeys.LabUser;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ConfigurableApplicationContext;

/** The example application against a running Latchkey. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StarterTest {
    private static final String SIGNING_KEY = "signing-key-1";

    private final HttpClient http = HttpClient.newHttpClient();
    private dev.latchkey.server.api.Latchkey server;
    private ConfigurableApplicationContext application;
    private URI address;

    @BeforeAll
    void start() {
        server = dev.latchkey.server.api.Latchkey.start();
        application = new SpringApplicationBuilder(ExampleApplication.class)
                .properties(Map.of(
                        "server.port",
                        "0",
                        "server.address",
                        "127.0.0.1",
                        "management.endpoint.health.show-details",
                        "always",
                        "latchkey.secret-key",
                        server.key,
                        "latchkey.host",
                        server.address.toString(),
                        "latchkey.webhook-signing-key",
                        SIGNING_KEY))
                .run();
        address = URI.create("http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port"));
        application.getBean(Latchkey.class).integrations().create(NewIntegration.inLab("github", "github"));
    }

    @AfterAll
    void stop() {
        application.close();
        server.close();
    }

    private HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(address.resolve(path)).build(), HttpResponse.BodyHandlers.ofString());
    }

    @Test
    void anApplicationConnectsItsUserAndUsesTheToken() throws Exception {
        assertThat(get("/token?user=ada").statusCode()).isEqualTo(404);

        new LabUser().connect(LabUser.location(get("/connect?user=ada")));

        assertThat(get("/token?user=ada").body())
                .isEqualTo(application.getBean(Latchkey.class).getToken("github", "ada"));
    }

    @Test
    void itsHealthSaysWhetherTheServerAnswers() throws Exception {
        assertThat(get("/actuator/health").body()).contains("\"latchkey\":{\"status\":\"UP\"}");
        ApplicationContextRunner runner = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(LatchkeyAutoConfiguration.class));
        runner.withPropertyValues(
                        "latchkey.secret-key=5f3c6f8e-0000-4000-8000-000000000000", "latchkey.host=" + server.address)
                .run(context -> assertThat(
                                context.getBean(LatchkeyHealthIndicator.class).health())
                        .satisfies(health -> {
                            assertThat(health.getStatus()).isEqualTo(Status.DOWN);
                            assertThat(health.getDetails().toString())
                                    .contains("unknown_account")
                                    .doesNotContain("5f3c6f8e");
                        }));
        runner.run(context -> assertThat(
                        context.getBean(LatchkeyHealthIndicator.class).health().getStatus())
                .isEqualTo(Status.UNKNOWN));
    }

    @Test
    void readsNangosVariablesAndGivesWayToTheApplicationsOwnBean() {
        ApplicationContextRunner runner = new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(LatchkeyAutoConfiguration.class));

        runner.withPropertyValues("NANGO_SECRET_KEY=" + server.key, "NANGO_HOST=" + server.address)
                .run(context -> {
                    context.getBean(Latchkey.class).ping();
                    assertThat(context).doesNotHaveBean(Webhooks.class);
                });
        Latchkey own = Latchkey.fromEnvironment();
        runner.withBean("own", Latchkey.class, () -> own)
                .run(context -> assertThat(context.getBean(Latchkey.class)).isSameAs(own));
    }

    @Test
    void hearsASignedWebhookAndNoOther() throws Exception {
        byte[] body = """
                {"type": "auth", "operation": "creation", "success": true, "connectionId": "c1", "providerConfigKey": "github"}""".getBytes(UTF_8);

        assertThat(deliver(body, Webhooks.signedWith("another").sign("msg_1", body)))
                .isEqualTo(401);
        assertThat(deliver(body, Webhooks.signedWith(SIGNING_KEY).sign("msg_1", body)))
                .isEqualTo(204);

        BlockingQueue<?> events = application.getBean(BlockingQueue.class);
        assertThat(events).hasSize(1);
        assertThat(events.take()).isInstanceOf(WebhookEvent.Connected.class);
    }

    private int deliver(byte[] body, Map<String, String> headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address.resolve("/hooks/latchkey"))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        return http.send(request.build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }
}
