package dev.latchkey.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the client does when the server, or the way to it, does not do its best. */
class ServerCallsTest {
    private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

    private final ScriptedServer server = new ScriptedServer();
    private final List<Duration> waits = new ArrayList<>();
    private final AtomicReference<Instant> now = new AtomicReference<>(NOW);
    private final Latchkey latchkey = client(server.address);

    private Latchkey client(URI host) {
        return new Latchkey(Settings.standard().withHost(host).withSecretKey("key-1"), now::get, Optional.of(time -> {
            waits.add(time);
            return CompletableFuture.completedFuture(null);
        }));
    }

    @AfterEach
    void stop() {
        latchkey.close();
        server.close();
    }

    private static String connection(String token, Instant expiresAt) {
        return """
                {"connection_id": "c1", "provider_config_key": "gh", "provider": "github", "errors": [],
                 "end_user": {"id": "u1", "email": null}, "tags": {}, "metadata": {}, "connection_config": {},
                 "created_at": "2029-01-01T00:00:00.000+00:00", "updated_at": "2029-01-01T00:00:00.000+00:00",
                 "credentials": {"type": "OAUTH2", "access_token": "%s", "expires_at": "%s", "raw": {}}}""".formatted(token, expiresAt);
    }

    private static String error(String code) {
        return "{\"error\": {\"code\": \"%s\", \"message\": \"Words.\"}}".formatted(code);
    }

    @Test
    void repeatsAReadThatFailedInPassing() {
        server.then(503, error("busy")).then(0, "").then(200, connection("t1", NOW.plusSeconds(3600)));

        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("t1");

        assertThat(server.asked).hasSize(3).allMatch(it -> it.authorization().equals("Bearer key-1"));
        // The JDK's client repeats a read on a connection that broke by itself, at once.
        assertThat(waits).isNotEmpty().allMatch(it -> it.compareTo(Duration.ofSeconds(1)) < 0);
    }

    @Test
    void repeatsAReadAFewTimesAndThenSaysSo() {
        server.then(502, "<html>").then(502, "<html>").then(502, "<html>");

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1"))
                .isInstanceOfSatisfying(
                        LatchkeyException.ServerFailed.class,
                        e -> assertThat(e.status()).isEqualTo(502));
        assertThat(server.asked).hasSize(3);
    }

    @Test
    void repeatsAWriteWithTheSameIdempotencyKey() {
        server.then(503, error("busy")).then(0, "").then(201, session());

        latchkey.sessions().create(EndUser.of("u1"), List.of());
        server.then(201, session());
        latchkey.sessions().create(EndUser.of("u1"), List.of());

        assertThat(server.asked).hasSize(4);
        List<String> keys = server.headers.stream()
                .map(it -> it.getFirst("Idempotency-Key"))
                .toList();
        // The connection that broke has no recorded headers.
        assertThat(keys).hasSize(3).doesNotContainNull();
        assertThat(keys.get(0)).isEqualTo(keys.get(1)).isNotEqualTo(keys.get(2));
    }

    @Test
    void sendsAWriteOnceWhereOneAttemptIsAllowedAndAKeyOfTheCallersWhereItIsGiven() {
        server.then(503, error("busy")).then(201, session());
        Latchkey once = latchkey.with(RequestOptions.none().withAttempts(1));

        assertThatThrownBy(() -> once.sessions().create(EndUser.of("u1"), List.of()))
                .isInstanceOf(LatchkeyException.ServerFailed.class);
        latchkey.with(RequestOptions.none().withIdempotencyKey("order-1").withHeader("X-Tenant", "acme"))
                .sessions()
                .create(EndUser.of("u1"), List.of());

        assertThat(server.asked).hasSize(2);
        assertThat(server.headers.get(0).getFirst("Idempotency-Key")).isNull();
        assertThat(server.headers.get(1).getFirst("Idempotency-Key")).isEqualTo("order-1");
        assertThat(server.headers.get(1).getFirst("X-Tenant")).isEqualTo("acme");
        assertThat(server.headers.get(1).getFirst("User-Agent")).startsWith("latchkey-java/");
    }

    private static String session() {
        return """
                {"data": {"token": "nango_connect_session_1", "connect_link": "http://127.0.0.1/connect/?session_token=1",
                 "expires_at": "2030-01-01T00:30:00.000+00:00"}}""";
    }

    @Test
    void repeatsAWriteThatFoundNoServer() {
        server.close();

        assertThatThrownBy(() -> latchkey.sessions().create(EndUser.of("u1"), List.of()))
                .isInstanceOf(LatchkeyException.Unreachable.class)
                .hasMessageContaining(server.address.toString())
                .hasMessageNotContaining("key-1");
        assertThat(waits).hasSize(2);
    }

    @Test
    void waitsAsLongAsTheServerAsksAndNoLongerThanItIsWorth() {
        server.then(429, error("rate_limited"), Map.of("Retry-After", "7"))
                .then(429, error("rate_limited"), Map.of("Retry-After", "600"));

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1"))
                .isInstanceOfSatisfying(
                        LatchkeyException.RateLimited.class,
                        e -> assertThat(e.retryAfter()).contains(Duration.ofMinutes(10)));
        assertThat(waits).containsExactly(Duration.ofSeconds(7));
    }

    @Test
    void readsARetryAfterThatIsADate() {
        String date = java.time.format.DateTimeFormatter.RFC_1123_DATE_TIME.format(
                java.time.ZonedDateTime.now(java.time.ZoneOffset.UTC).plusSeconds(600));
        server.then(429, error("rate_limited"), Map.of("Retry-After", date));

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1"))
                .isInstanceOfSatisfying(LatchkeyException.RateLimited.class, e -> {
                    assertThat(e.retryAfter().orElseThrow()).isBetween(Duration.ofMinutes(9), Duration.ofMinutes(10));
                    assertThat(e.requestId()).contains("request-1");
                    assertThat(e).hasMessageContaining("request-1");
                });
        assertThat(server.asked).hasSize(1);
    }

    @Test
    void distinguishesFailuresAndKeepsTheServersCode() {
        server.then(401, error("unknown_account"))
                .then(403, error("forbidden"))
                .then(404, error("not_found"))
                .then(400, error("unknown_provider_config"))
                .then(400, error("invalid_credentials"))
                .then(424, error("invalid_credentials"))
                .then(400, """
                        {"error": {"code": "invalid_credentials", "payload": {"reason": "transient", "retry_at": "2030-01-01T00:00:00Z"}}}""")
                .then(424, error("connection_refresh_backoff"))
                .then(423, error("paused"))
                .then(400, """
                        {"error": {"code": "invalid_query_params", "errors": [
                         {"code": "too_small", "message": "Words.", "path": ["a", "b"]}]}}""");

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.Unauthorized.class);
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.Forbidden.class);
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.NotFound.class);
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1"))
                .isInstanceOfSatisfying(LatchkeyException.NotFound.class, e -> {
                    assertThat(e.code()).isEqualTo("unknown_provider_config");
                    assertThat(e.status()).isEqualTo(400);
                });
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.Reauthorize.class);
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.Reauthorize.class);
        // Nango's code for both; the reason says that the user can do nothing.
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1"))
                .isInstanceOfSatisfying(LatchkeyException.RefreshFailing.class, e -> {
                    assertThat(e.reason()).isEqualTo("transient");
                    assertThat(e.retryAt()).isPresent();
                });
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.RefreshFailing.class);
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.Paused.class);
        assertThatThrownBy(() -> latchkey.getToken("gh", "c1"))
                .isInstanceOfSatisfying(
                        LatchkeyException.Refused.class,
                        e -> assertThat(e.details())
                                .containsExactly(new Failure.Detail("too_small", "Words.", List.of("a", "b"))));
    }

    @Test
    void saysWhenSomethingElseAnswersAtTheHost() {
        server.then(200, "<html>Welcome</html>");

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1"))
                .isInstanceOf(LatchkeyException.Unexpected.class)
                .hasMessageContaining("is no Latchkey");
    }

    @Test
    void answersATokenFromMemoryForAMinute() {
        server.then(200, connection("t1", NOW.plusSeconds(3600))).then(200, connection("t2", NOW.plusSeconds(3600)));

        latchkey.getToken("gh", "c1");
        now.set(NOW.plusSeconds(59));
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("t1");
        now.set(NOW.plusSeconds(60));
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("t2");

        assertThat(server.asked).hasSize(2);
    }

    @Test
    void neverAnswersATokenFromMemoryThatExpiresWithinAMinute() {
        server.then(200, connection("t1", NOW.plusSeconds(80))).then(200, connection("t2", NOW.plusSeconds(3600)));

        latchkey.getToken("gh", "c1");
        now.set(NOW.plusSeconds(19));
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("t1");
        now.set(NOW.plusSeconds(20));

        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("t2");
    }

    @Test
    void forgetsATokenThatItRenewedOrDeleted() {
        server.then(200, connection("t1", NOW.plusSeconds(3600)))
                .then(200, connection("t2", NOW.plusSeconds(3600)))
                .then(200, connection("t2", NOW.plusSeconds(3600)))
                .then(200, "{\"success\": true}")
                .then(404, error("not_found"));

        latchkey.getToken("gh", "c1");
        latchkey.connections().refresh("gh", "c1");
        assertThat(latchkey.getToken("gh", "c1")).isEqualTo("t2");
        latchkey.connections().delete("gh", "c1");

        assertThatThrownBy(() -> latchkey.getToken("gh", "c1")).isInstanceOf(LatchkeyException.NotFound.class);
    }

    @Test
    void showsNoSecretInAnyText() {
        server.then(200, connection("t1-secret", NOW.plusSeconds(3600)));

        Connection connection = latchkey.getConnection("gh", "c1");

        assertThat(connection.toString()).contains("c1").doesNotContain("t1-secret");
        assertThat(Settings.standard().withSecretKey("key-1").toString()).doesNotContain("key-1");
    }

    @Test
    void readsItsSettingsFromEitherNameAndNangosFirst() {
        Settings settings = Settings.from(Map.of(
                "NANGO_SECRET_KEY", "n", "LATCHKEY_SECRET_KEY", "l", "LATCHKEY_HOST", "https://latchkey.example.com/"));

        assertThat(settings.secretKey()).contains("n");
        assertThat(settings.host()).isEqualTo(URI.create("https://latchkey.example.com"));
        for (String wrong : List.of("ftp://x", "my host", "localhost:3210", "https://u:pw@x", "https://x?a=b")) {
            assertThatThrownBy(() -> Settings.from(Map.of("NANGO_HOST", wrong)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("NANGO_HOST: the host must be an address")
                    .hasMessageNotContaining("pw");
        }
    }
}
