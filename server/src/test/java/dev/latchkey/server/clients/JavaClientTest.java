package dev.latchkey.server.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.client.AuthorizationLink;
import dev.latchkey.client.CodeVerifier;
import dev.latchkey.client.ConnectOptions;
import dev.latchkey.client.ConnectSession;
import dev.latchkey.client.Connected;
import dev.latchkey.client.Connection;
import dev.latchkey.client.ConnectionQuery;
import dev.latchkey.client.ConnectionSummary;
import dev.latchkey.client.Connector;
import dev.latchkey.client.Credentials;
import dev.latchkey.client.EndUser;
import dev.latchkey.client.Integration;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.NewConnection;
import dev.latchkey.client.NewIntegration;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import dev.latchkey.client.Settings;
import dev.latchkey.client.Verified;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.PostgresForTests;
import java.net.URI;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A product's backend, written with the Java client. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JavaClientTest {
    private dev.latchkey.server.api.Latchkey server;
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        server = dev.latchkey.server.api.Latchkey.start();
        latchkey = Latchkey.of(
                Settings.from(Map.of("NANGO_SECRET_KEY", server.key, "NANGO_HOST", server.address.toString())));
        latchkey.integrations().create(NewIntegration.inLab("github", "github"));
        latchkey.integrations().create(NewIntegration.inLab("keys", "stripe-api-key"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
        server.close();
    }

    @Test
    void connectsAUserAndReadsATokenThatWorks() {
        URI page = latchkey.getAuthUrl("github", "user-1");
        HttpResponse<String> end = new LabUser().connect(page);

        // It was no popup that closes itself.
        assertThat(end.statusCode()).isEqualTo(303);
        assertThat(end.headers().firstValue("Location").orElseThrow()).contains("/connect/");
        Connection connection = latchkey.getConnection("github", "user-1");
        assertThat(connection.provider()).isEqualTo("github");
        assertThat(connection.endUser().orElseThrow().id()).isEqualTo("user-1");
        assertThat(connection.credentials()).isInstanceOfSatisfying(Credentials.OAuth2.class, it -> {
            assertThat(it.accessToken()).isEqualTo(latchkey.getToken("github", "user-1"));
            assertThat(it.refreshToken()).isEmpty();
        });
        assertThat(latchkey.connections()
                        .getWithRefreshToken("github", "user-1")
                        .credentials())
                .isInstanceOfSatisfying(
                        Credentials.OAuth2.class,
                        it -> assertThat(it.refreshToken()).isPresent());
    }

    @Test
    void asksAUserAgainAndKeepsTheConnection() {
        new LabUser().connect(latchkey.getAuthUrl("github", "user-2"));
        latchkey.connections().setMetadata("github", "user-2", Map.of("plan", "pro"));
        String before = latchkey.getToken("github", "user-2");

        new LabUser().connect(latchkey.getAuthUrl("github", "user-2"));

        Connection after = latchkey.getConnection("github", "user-2");
        assertThat(after.credentials().asToken().orElseThrow()).isNotEqualTo(before);
        assertThat(after.metadata().get("plan")).isEqualTo("pro");
    }

    /** A double click: both links were made before either was used. */
    @Test
    void twoLinksForOneConnectionSucceedForTheSameUserAlone() {
        AuthorizationLink first = latchkey.authorize("github", "user-9", ConnectOptions.none());
        AuthorizationLink second = latchkey.authorize("github", "user-9", ConnectOptions.none());
        AuthorizationLink another =
                latchkey.authorize("github", "user-9", ConnectOptions.none().withEndUser(EndUser.of("mallory")));
        new LabUser().connect(first.url());
        latchkey.connections().setMetadata("github", "user-9", Map.of("plan", "pro"));
        String before = latchkey.getToken("github", "user-9");

        for (AuthorizationLink link : List.of(second, first)) {
            HttpResponse<String> end = new LabUser().connect(link.url());
            assertThat(end.statusCode()).isEqualTo(303);
            assertThat(latchkey.sessions()
                            .awaitConnected(link.session(), java.time.Duration.ofMillis(1))
                            .connectionId())
                    .isEqualTo("user-9");
        }
        Connection after = latchkey.getConnection("github", "user-9");
        assertThat(after.credentials().asToken().orElseThrow()).isNotEqualTo(before);

        // Back to the page that says so, and not to the vendor.
        assertThat(LabUser.location(new LabUser().get(another.url())).getPath()).startsWith("/connect/");
        assertThatThrownBy(() -> latchkey.sessions().awaitConnected(another.session(), java.time.Duration.ofMillis(1)))
                .isInstanceOf(LatchkeyException.NotConnected.class);
        assertThat(latchkey.getConnection("github", "user-9").credentials()).isEqualTo(after.credentials());
        assertThat(after.metadata()).isEqualTo(Map.of("plan", "pro"));
        assertThat(after.endUser().orElseThrow().id()).isEqualTo("user-9");
        assertThat(latchkey.connections()
                        .list(ConnectionQuery.all().withConnectionId("user-9"))
                        .count())
                .isEqualTo(1);
    }

    @Test
    void findsByTheUserWhatTheServerNamed() {
        AuthorizationLink link = latchkey.initiateOAuth("github", "user-3");
        new LabUser().connect(link.url());

        List<ConnectionSummary> found = latchkey.connections()
                .list(ConnectionQuery.all().withEndUser("user-3"))
                .toList();

        assertThat(found).singleElement().satisfies(one -> {
            assertThat(one.failing()).isFalse();
            assertThat(latchkey.getToken("github", one.connectionId())).isNotBlank();
        });
        assertThat(link.toString()).doesNotContain(link.session().token());
    }

    @Test
    void sendsToTheConnectPageWhereSomethingMustBeTyped() {
        URI page = latchkey.getAuthUrl("keys", "user-4");

        assertThat(page.getPath()).isEqualTo("/connect/");
        assertThat(LabUser.query(page)).containsOnlyKeys("session_token");
        assertThat(new LabUser().get(page).statusCode()).isEqualTo(200);
    }

    @Test
    void importsReadsDescribesAndDeletesAConnection() {
        latchkey.connections()
                .create(NewConnection.of("keys", Credentials.apiKey("sk_test_1"))
                        .withConnectionId("user-5")
                        .withMetadata(Map.of("a", 1))
                        .withTags(Map.of("team", "blue"))
                        .withEndUser(EndUser.of("user-5").withEmail("ada@example.com")));
        latchkey.connections().updateMetadata("keys", "user-5", Map.of("b", 2));
        latchkey.connections().setTags("keys", "user-5", Map.of("team", "red"));

        Connection read = latchkey.getConnection("keys", "user-5");
        assertThat(read.credentials()).isEqualTo(Credentials.apiKey("sk_test_1"));
        assertThat(read.metadata()).isEqualTo(Map.of("a", 1L, "b", 2L));
        assertThat(read.tags()).containsEntry("team", "red");
        assertThat(read.endUser().orElseThrow().email()).contains("ada@example.com");
        latchkey.connections().delete("keys", "user-5");
        assertThatThrownBy(() -> latchkey.getConnection("keys", "user-5"))
                .isInstanceOf(LatchkeyException.NotFound.class);
        assertThatThrownBy(() -> latchkey.connections().delete("keys", "user-5"))
                .isInstanceOf(LatchkeyException.NotFound.class);
    }

    @Test
    void listsMoreConnectionsThanOnePageHolds() {
        latchkey.integrations().create(NewIntegration.of("many", "unauthenticated"));
        IntStream.range(0, 201)
                .forEach(i -> latchkey.connections()
                        .create(NewConnection.of("many", Credentials.none()).withConnectionId("many-" + i)));

        assertThat(latchkey.connections().list(ConnectionQuery.all().withIntegration("many")))
                .extracting(ConnectionSummary::connectionId)
                .hasSize(201)
                .doesNotHaveDuplicates();
    }

    @Test
    void makesFindsAndDeletesAnIntegration() {
        latchkey.integrations()
                .create(NewIntegration.oauth("gl", "gitlab", "id-1", "secret-1", List.of("api", "read_user"))
                        .withDisplayName("GitLab of ours"));

        assertThat(latchkey.integrations().find("gl").map(Integration::displayName))
                .contains("GitLab of ours");
        latchkey.integrations().updateClient("gl", "id-2", "secret-2");
        assertThat(latchkey.integrations().list()).extracting(Integration::key).contains("gl", "github");
        latchkey.integrations().delete("gl");
        assertThat(latchkey.integrations().find("gl")).isEmpty();
    }

    @Test
    void saysThatAnIntegrationOrAConnectionIsUnknown() {
        assertThatThrownBy(() -> latchkey.getAuthUrl("nothing", "c"))
                .isInstanceOf(LatchkeyException.NotFound.class)
                .hasMessageContaining("'nothing'");
        assertThatThrownBy(() -> latchkey.getToken("nothing", "c")).isInstanceOf(LatchkeyException.NotFound.class);
        assertThatThrownBy(() -> latchkey.getToken("github", "nobody")).isInstanceOf(LatchkeyException.NotFound.class);
        assertThatThrownBy(() -> latchkey.integrations().create(NewIntegration.of("x", "no-such-provider")))
                .isInstanceOfSatisfying(
                        LatchkeyException.Refused.class,
                        e -> assertThat(e.details().getFirst().path()).containsExactly("provider"));
    }

    @Test
    void definesAProviderOfItsOwnAndConnectsIt() {
        String definition = """
                id: gitlab-of-ours
                extends: gitlab
                name: GitLab of ours
                fields: { team: { scope: connection, exposed: true } }
                """;

        assertThat(latchkey.providers().add(definition).authMode()).isEqualTo("OAUTH2");
        assertThat(latchkey.providers().list())
                .singleElement()
                .satisfies(one -> assertThat(one.name()).isEqualTo("GitLab of ours"));
        Integration made = latchkey.integrations().create(NewIntegration.inLab("ours", "gitlab-of-ours"));
        assertThat(made.ownProvider()).isTrue();
        // Its field must be typed, unless we know it.
        assertThat(latchkey.getAuthUrl("ours", "user-9").getPath()).isEqualTo("/connect/");
        new LabUser().connect(latchkey.getAuthUrl("ours", "user-9", Map.of("team", "blue", "hostname", "gitlab.com")));
        assertThat(latchkey.getToken("ours", "user-9")).isNotEmpty();
        assertThat(latchkey.providers()
                        .change("gitlab-of-ours", definition.replace("of ours", "of all"))
                        .name())
                .isEqualTo("GitLab of all");
        assertThatThrownBy(() -> latchkey.providers().remove("gitlab-of-ours"))
                .isInstanceOf(LatchkeyException.class)
                .hasMessageContaining("Integrations use it: ours");
        latchkey.integrations().delete("ours");
        latchkey.providers().remove("gitlab-of-ours");
        assertThat(latchkey.providers().list()).isEmpty();
    }

    @Test
    void provesThatItsUsersOwnSessionConnected() {
        latchkey.integrations().create(NewIntegration.inLab("proven", "sendgrid"));
        CodeVerifier verifier = CodeVerifier.random();
        ConnectSession session = latchkey.sessions()
                .create(
                        EndUser.of("user-9"),
                        List.of("proven"),
                        ConnectOptions.none().withVerifier(verifier));
        String handle = Json.MAPPER
                .readTree(server.sendAs(
                                "",
                                "POST",
                                "/api-auth/api-key/proven?connect_session_token=" + session.token(),
                                "{\"apiKey\": \"SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG\"}")
                        .body())
                .get("connectionId")
                .asString();

        assertThatThrownBy(() -> latchkey.sessions().finish(handle, CodeVerifier.random()))
                .isInstanceOfSatisfying(
                        LatchkeyException.Refused.class,
                        e -> assertThat(e.code()).isEqualTo("invalid_code_verifier"));
        assertThat(latchkey.connections()
                        .get("proven", latchkey.sessions().finish(handle, verifier))
                        .credentials())
                .isInstanceOf(Credentials.ApiKey.class);
        assertThatThrownBy(() -> latchkey.sessions().finish(handle, verifier))
                .isInstanceOf(LatchkeyException.NotFound.class);
        assertThat(verifier.toString()).doesNotContain(verifier.value());
    }

    @Test
    void bringsTheUserBackAndWaitsForWhatTheyConnect() {
        String page = "https://app.example.com/settings";
        latchkey.environment().update(Map.of("return_urls", List.of(page)));
        ConnectOptions options = ConnectOptions.none()
                .withReturnUrl(URI.create(page))
                .withEndUser(EndUser.of("user-10").withEmail("ada@example.com").withOrganization("acme", "Acme Inc."))
                .withTag("team", "blue")
                .withScopes("repo")
                .withMaxConnections(1);
        AuthorizationLink link = latchkey.authorize("github", "user-10", options);

        HttpResponse<String> end = new LabUser().connect(link.url());

        assertThat(end.statusCode()).isEqualTo(303);
        assertThat(end.headers().firstValue("Location").orElseThrow()).startsWith(page);
        assertThat(latchkey.sessions().awaitConnected(link.session(), java.time.Duration.ofSeconds(5)))
                .isEqualTo(new Connected("github", "user-10", false));
        Connection connection = latchkey.getConnection("github", "user-10");
        assertThat(connection.endUser().orElseThrow().email()).contains("ada@example.com");
        assertThat(connection.tags()).containsEntry("team", "blue");
        assertThat(connection.connectionConfig().get("oauth_scopes_override")).isEqualTo(List.of("repo"));
    }

    @Test
    void connectsKnownValuesTheSameWayWithAKey() {
        latchkey.integrations().create(NewIntegration.inLab("sendgrid", "sendgrid"));
        Verified verified = latchkey.connect(
                "sendgrid",
                "mail",
                Map.of("apiKey", "SG.abcdefghijklmnopqrstuv.abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"));

        assertThat(verified.proof()).isEqualTo(Verified.Proof.BY_SERVER);
        assertThat(latchkey.getToken("sendgrid", "mail")).startsWith("SG.");
        assertThat(latchkey.connect("unauthenticated", "open", Map.of())
                        .connection()
                        .integration())
                .isEqualTo("unauthenticated");
        assertThatThrownBy(() -> latchkey.connect("github", "someone", Map.of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("getAuthUrl");
        assertThatThrownBy(() -> latchkey.connect("no-such-connector", "c", Map.of()))
                .isInstanceOf(IllegalArgumentException.class);
        latchkey.disconnect("sendgrid", "mail");
        assertThatThrownBy(() -> latchkey.getToken("sendgrid", "mail")).isInstanceOf(LatchkeyException.NotFound.class);
    }

    @Test
    void saysWhoseErrorAProxiedCallHas() {
        new LabUser().connect(latchkey.getAuthUrl("github", "user-11"));

        try (ProxyAnswer answer = latchkey.call("github", "user-11", ProxyRequest.get("/user"))) {
            assertThat(answer.status()).isEqualTo(200);
            assertThat(answer.header("Latchkey-Error")).isEmpty();
            assertThat(answer.header("X-Latchkey-Request-Id")).isPresent();
        }
        assertThatThrownBy(() -> latchkey.call("github", "nobody", ProxyRequest.get("/user")))
                .isInstanceOfSatisfying(LatchkeyException.NotFound.class, e -> {
                    assertThat(e.code()).isEqualTo("not_found");
                    assertThat(e.requestId()).isPresent();
                });
        assertThatThrownBy(() -> latchkey.call(
                        "github", "user-11", ProxyRequest.get("/user").withBaseUrl(URI.create("https://evil.example"))))
                .isInstanceOfSatisfying(
                        LatchkeyException.Forbidden.class,
                        e -> assertThat(e.code()).isEqualTo("forbidden_host"));
    }

    /** Each page of the operator's side that has no side effect, against a real server: what it must have is there. */
    @Test
    void readsTheEnvironment() {
        assertThat(latchkey.environment().settings().get("name").asText()).isNotBlank();
        assertThat(latchkey.environment().branding().get("theme").asText()).isNotBlank();
        assertThat(latchkey.environment().incidents()).isEmpty();
        assertThat(latchkey.environment().activity(1)).isNotNull();
        assertThat(latchkey.keys().list()).isNotEmpty();
        assertThat(latchkey.webhooks().events()).isNotEmpty();
        assertThat(latchkey.webhooks().endpoints()).isEmpty();
        assertThat(latchkey.webhooks().deliveries(Map.of())).isEmpty();
        assertThat(latchkey.webhooks().signingKeys()).isNotEmpty();
        assertThat(latchkey.logs().list(Map.of("type", "connect")).limit(3)).isNotNull();
        assertThat(latchkey.connections().health("all").toList()).isNotNull();
        assertThat(latchkey.connections().exportHealth("all")).contains("connection_id");
        assertThat(latchkey.integrations().health("github").exists()).isTrue();
        assertThat(latchkey.providers().find("github")).isPresent();
        latchkey.connections()
                .create(NewConnection.of("keys", Credentials.apiKey("sk_test_2"))
                        .withConnectionId("op"));
        latchkey.connections().pause("keys", "op", "maintenance");
        assertThatThrownBy(() -> latchkey.getToken("keys", "op")).isInstanceOf(LatchkeyException.Paused.class);
        latchkey.connections().resume("keys", "op");
        assertThat(latchkey.getToken("keys", "op")).isEqualTo("sk_test_2");
        assertThat(latchkey.connections().timeline("keys", "op").toList()).isNotEmpty();
        String job = latchkey.integrations().refreshAll("keys").id();
        assertThat(latchkey.connections().refreshJob(job).total()).isNotNegative();
        assertThat(latchkey.connections().cancelRefreshJob(job).finished()).isTrue();
    }

    @Test
    void saysThatAUserMustAuthorizeAgainWhenTheGrantIsGone() {
        latchkey.integrations().create(NewIntegration.inLab("slk", "gitlab"));
        new LabUser().connect(latchkey.getAuthUrl("slk", "user-6"));
        server.call("POST", "/lab/api/gitlab/revoke", "{}", 200);
        Connection connection = latchkey.connections().getWithRefreshToken("slk", "user-6");
        Credentials.OAuth2 held = (Credentials.OAuth2) connection.credentials();
        latchkey.connections()
                .create(NewConnection.of(
                                "slk",
                                Credentials.oauth2(held.accessToken())
                                        .withRefreshToken(held.refreshToken().orElseThrow())
                                        .withExpiresAt(java.time.Instant.EPOCH))
                        .withConnectionId("user-6"));

        assertThatThrownBy(() -> latchkey.getToken("slk", "user-6"))
                .isInstanceOfSatisfying(
                        LatchkeyException.Reauthorize.class,
                        e -> assertThat(e.code()).isEqualTo("invalid_credentials"));
    }

    @Test
    void asksADatabaseThroughItsDriverWithoutAnyServer() {
        String url = PostgresForTests.freshDatabaseUrl();
        try (Latchkey alone = Latchkey.of(Settings.from(Map.of()))) {
            String withoutTls = url + (url.contains("?") ? "&" : "?") + "sslmode=disable";
            assertThat(alone.connect("postgres", "db", Map.of("connectionString", withoutTls))
                            .proof())
                    .isEqualTo(Verified.Proof.QUERIED);
            assertThatThrownBy(() -> alone.connect(
                            "postgres", "db", Map.of("connectionString", withoutTls, "password", "wrong-hunter2")))
                    .isInstanceOf(LatchkeyException.CredentialRefused.class)
                    .hasMessageContaining("28P01")
                    .hasMessageNotContaining("hunter2");
            assertThat(alone.connectors()).extracting(Connector::id).contains("github");
        }
    }
}
