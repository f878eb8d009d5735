package dev.latchkey.client.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.client.ApiRequest;
import dev.latchkey.client.AuthorizationLink;
import dev.latchkey.client.ConnectOptions;
import dev.latchkey.client.Connected;
import dev.latchkey.client.Connection;
import dev.latchkey.client.ConnectionQuery;
import dev.latchkey.client.ConnectionSummary;
import dev.latchkey.client.Credentials;
import dev.latchkey.client.EndUser;
import dev.latchkey.client.Failure;
import dev.latchkey.client.Integration;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.NewConnection;
import dev.latchkey.client.NewIntegration;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

@LatchkeyTest
class FakeLatchkeyTest {
    private static final String USER = "auth0|9";

    private final FakeLatchkey fake;
    private final Latchkey latchkey;

    FakeLatchkeyTest(FakeLatchkey fake, Latchkey latchkey) {
        this.fake = fake;
        this.latchkey = latchkey;
    }

    @Test
    void aConnectionHasATokenAndAnyCredentials() {
        fake.connection("github", USER).withToken("token-1");
        fake.connection("billing", "acme").withCredentials(Credentials.apiKey("sk_test_1"));

        latchkey.ping();
        assertThat(latchkey.getToken("github", USER)).isEqualTo("token-1");
        assertThat(latchkey.getToken("billing", "acme")).isEqualTo("sk_test_1");
        assertThat(latchkey.getConnection("billing", "acme").credentials()).isEqualTo(Credentials.apiKey("sk_test_1"));
        assertThat(latchkey.connections().find("github", "other")).isEmpty();
    }

    @Test
    void aUserConnectsReauthorizesAndDenies() throws Exception {
        fake.integration("github", "github");
        AuthorizationLink link = latchkey.authorize(
                "github",
                USER,
                ConnectOptions.none()
                        .withReturnUrl(URI.create("https://app.example.com/settings?tab=1"))
                        .withEndUser(EndUser.of("u1").withEmail("ada@example.com")));
        fake.denies(link.url());
        assertThatThrownBy(() -> latchkey.sessions().awaitConnected(link.session(), Duration.ofMillis(1)))
                .isInstanceOf(LatchkeyException.NotConnected.class)
                .hasMessageContaining("denied");

        // As a browser does.
        HttpResponse<Void> end = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(link.url()).build(), HttpResponse.BodyHandlers.discarding());

        assertThat(end.statusCode()).isEqualTo(303);
        assertThat(end.headers().firstValue("Location"))
                .contains("https://app.example.com/settings?tab=1&connection_id=auth0%7C9");
        Connected connected = latchkey.sessions().awaitConnected(link.session(), Duration.ofSeconds(5));
        assertThat(connected).isEqualTo(new Connected("github", USER, false));
        Connection first = latchkey.getConnection("github", USER);
        assertThat(first.endUser().flatMap(EndUser::email)).contains("ada@example.com");

        fake.connection("github", USER).needsAuthorization();
        assertThatThrownBy(() -> latchkey.getToken("github", USER)).isInstanceOf(LatchkeyException.Reauthorize.class);
        assertThat(latchkey.connections().find("github", USER))
                .hasValueSatisfying(one -> assertThat(one.failing()).isTrue());
        fake.allows(latchkey.getAuthUrl("github", USER));
        assertThat(latchkey.getToken("github", USER))
                .isNotEqualTo(first.credentials().asToken().orElseThrow());
        assertThat(fake.connections()).hasSize(1);
        latchkey.sessions().end(link.session());
        assertThatThrownBy(() -> fake.allows(link.url())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aConnectionFailsInEachWayUntilItWorks() {
        FakeConnection connection = fake.connection("github", USER);
        ProxyRequest request = ProxyRequest.get("/user");
        fake.onCall("github", "GET", "/user").respond(200, Map.of("login", "ada"));

        connection.refreshFails(Duration.ofMinutes(1));
        assertThatThrownBy(() -> latchkey.getToken("github", USER))
                .isInstanceOfSatisfying(LatchkeyException.RefreshFailing.class, e -> {
                    assertThat(e.reason()).isEqualTo("transient");
                    assertThat(e.retryAt()).isPresent();
                });
        assertThatThrownBy(() -> latchkey.call("github", USER, request))
                .isInstanceOf(LatchkeyException.RefreshFailing.class);
        connection.works().paused("under investigation");
        assertThatThrownBy(() -> latchkey.getToken("github", USER))
                .isInstanceOf(LatchkeyException.Paused.class)
                .hasMessageContaining("under investigation");
        latchkey.connections().resume("github", USER);
        connection.needsAuthorization();
        assertThatThrownBy(() -> latchkey.call("github", USER, request))
                .isInstanceOf(LatchkeyException.Reauthorize.class);
        assertThatThrownBy(() -> latchkey.replaceToken("github", USER, "token"))
                .isInstanceOf(LatchkeyException.Reauthorize.class);
        connection.works();

        assertThat(latchkey.getToken("github", USER)).isEqualTo("token-of-" + USER);
        latchkey.connections().refresh("github", USER);
        assertThat(latchkey.getToken("github", USER)).isEqualTo("token-of-" + USER + "-renewed-1");
        assertThat(connection.refreshes()).isEqualTo(2);
    }

    @Test
    void proxiedCallsAreRecordedAndAnsweredInOrder() {
        fake.connection("github", USER);
        fake.onCall("github", "POST", "/repos/acme/site/issues")
                .respond(429, Map.of("Retry-After", "1"), new byte[0])
                .respond(201, Map.of("number", 7));
        ProxyRequest request = ProxyRequest.post("/repos/{owner}/{repo}/issues", "acme", "site")
                .withQuery("draft", "true")
                .withHeader("X-Trace", "t1")
                .withJson(Map.of("title", "Broken link"));

        try (ProxyAnswer first = latchkey.call("github", USER, request);
                ProxyAnswer second = latchkey.call("github", USER, request);
                ProxyAnswer third = latchkey.call("github", USER, request)) {
            assertThat(List.of(first.status(), second.status(), third.status())).containsExactly(429, 201, 201);
            assertThat(first.header("Retry-After")).contains("1");
            assertThat(second.json().get("number").asLong()).isEqualTo(7);
        }
        assertThat(fake.calls()).hasSize(3).first().satisfies(call -> {
            assertThat(call.connectionId()).isEqualTo(USER);
            assertThat(call.path()).isEqualTo("/repos/acme/site/issues?draft=true");
            assertThat(call.header("X-Trace")).contains("t1");
            assertThat(call.json().get("title").asText()).isEqualTo("Broken link");
        });
        assertThatThrownBy(() -> latchkey.call("github", USER, ProxyRequest.get("/user")))
                .isInstanceOf(LatchkeyException.ServerFailed.class)
                .hasMessageContaining("fake.onCall(\"github\", \"GET\", \"/user\")");
    }

    @Test
    void theServerFailsInEachWayUntilItWorks() {
        fake.connection("github", USER).withToken("token-1");
        Latchkey once = Latchkey.of(fake.settings().withAttempts(1));
        Stream.of(
                        Failure.of(401, "unknown_account", "Unknown."),
                        Failure.of(403, "forbidden", "The key lacks a scope."),
                        Failure.of(429, "rate_limited", "Too many.").withRetryAfter(Duration.ofSeconds(7)),
                        Failure.of(503, "unavailable", "Away.").withRequestId("r1"),
                        Failure.of(400, "invalid_body", "Wrong.")
                                .withDetail(new Failure.Detail("custom", "words", List.of("a", "b"))))
                .forEach(failure -> {
                    fake.fails(failure);
                    assertThatThrownBy(() -> once.getToken("github", USER))
                            .isInstanceOfSatisfying(LatchkeyException.Answered.class, e -> {
                                assertThat(e.status()).isEqualTo(failure.status());
                                assertThat(e.code()).isEqualTo(failure.code());
                                assertThat(e.failure().details()).isEqualTo(failure.details());
                                assertThat(e.failure().retryAfter()).isEqualTo(failure.retryAfter());
                            });
                });
        fake.breaks();
        assertThatThrownBy(() -> once.getToken("github", USER)).isInstanceOf(LatchkeyException.Unreachable.class);
        fake.works();
        assertThat(once.getToken("github", USER)).isEqualTo("token-1");
        once.close();

        fake.failsOnce(Failure.of(503, "unavailable", "Away.").withRetryAfter(Duration.ZERO));
        assertThat(latchkey.getToken("github", USER)).isEqualTo("token-1");
    }

    @Test
    void importsListsAndDescribesConnections() {
        latchkey.integrations().create(NewIntegration.inLab("keys", "stripe-api-key"));
        for (String id : List.of("a", "b", "c")) {
            latchkey.connections()
                    .create(NewConnection.of("keys", Credentials.apiKey("key-" + id))
                            .withConnectionId(id)
                            .withTags(Map.of("team", id.equals("a") ? "red" : "blue"))
                            .withMetadata(Map.of("plan", "pro"))
                            .withEndUser(EndUser.of("user-" + id).withOrganization("acme")));
        }
        latchkey.connections().updateMetadata("keys", "a", Map.of("seats", 5));
        latchkey.connections().setTags("keys", "b", Map.of("team", "green"));
        latchkey.connections().delete("keys", "c");

        assertThat(latchkey.getConnection("keys", "a").metadata()).isEqualTo(Map.of("plan", "pro", "seats", 5L));
        assertThat(ids(ConnectionQuery.all())).containsExactly("a", "b");
        assertThat(ids(ConnectionQuery.all().withTag("team", "green"))).containsExactly("b");
        assertThat(ids(ConnectionQuery.all().withEndUser("user-a"))).containsExactly("a");
        assertThat(ids(ConnectionQuery.all().withOrganization("acme"))).containsExactly("a", "b");
        assertThat(latchkey.integrations().list()).extracting(Integration::key).containsExactly("keys");
        assertThat(latchkey.integrations().find("none")).isEmpty();
        assertThatThrownBy(() -> latchkey.getToken("keys", "c")).isInstanceOf(LatchkeyException.NotFound.class);
        assertThatThrownBy(() -> latchkey.getAuthUrl("none", "a"))
                .isInstanceOf(LatchkeyException.NotFound.class)
                .hasMessageContaining("'none'");
    }

    private List<String> ids(ConnectionQuery query) {
        return latchkey.connections()
                .list(query)
                .map(ConnectionSummary::connectionId)
                .toList();
    }

    @Test
    void eventsAreSignedAndReadAsTheServers(Webhooks webhooks) {
        fake.connection("github", USER).withEndUser(EndUser.of("u1"));
        FakeEvents events = fake.events();
        Map<SignedEvent, Class<?>> all = Map.of(
                events.connected("github", USER), WebhookEvent.Connected.class,
                events.reconnected("github", USER), WebhookEvent.Reconnected.class,
                events.connectingFailed("github", USER), WebhookEvent.Failed.class,
                events.needsAuthorization("github", USER), WebhookEvent.Failed.class,
                events.refreshed("github", USER), WebhookEvent.Renewed.class,
                events.refreshFailing("github", USER), WebhookEvent.RefreshFailing.class,
                events.deleted("github", USER), WebhookEvent.Deleted.class,
                events.signed("test", Map.of("type", "test", "operation", "test")), WebhookEvent.Test.class);

        all.forEach((event, type) ->
                assertThat(webhooks.verify(event.body(), event.headers())).isInstanceOf(type));
        assertThat(all.keySet().stream().map(event -> Webhooks.id(event.headers())))
                .doesNotHaveDuplicates();
        SignedEvent connected = events.connected("github", USER);
        assertThat(webhooks.verify(connected.body(), connected.headers()))
                .isInstanceOfSatisfying(
                        WebhookEvent.Connected.class,
                        event -> assertThat(event.about().endUserId()).contains("u1"));
    }

    @Test
    void saysWhatItDoesNotKnowAndTakesAStubForIt() {
        assertThatThrownBy(() -> latchkey.environment().incidents())
                .isInstanceOf(LatchkeyException.ServerFailed.class)
                .hasMessageContaining("fake.onRequest(\"GET\", \"/incidents\")");

        fake.onRequest("GET", "/incidents").respond(200, Map.of("data", List.of(Map.of("provider", "github"))));

        assertThat(latchkey.environment().incidents()).hasSize(1);
        assertThat(latchkey.request(ApiRequest.get("/incidents")).status()).isEqualTo(200);
        try (Latchkey stranger = Latchkey.of(fake.settings().withSecretKey("another"))) {
            assertThatThrownBy(stranger::ping).isInstanceOf(LatchkeyException.Unauthorized.class);
        }
    }

    @Test
    void startsWithoutJUnit() {
        try (FakeLatchkey own = FakeLatchkey.start()) {
            own.connection("github", USER).withToken("token-2");
            assertThat(own.client().getToken("github", USER)).isEqualTo("token-2");
            assertThat(own.address()).isNotEqualTo(fake.address());
        }
    }
}
