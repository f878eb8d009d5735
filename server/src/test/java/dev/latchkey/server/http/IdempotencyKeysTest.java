package dev.latchkey.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** A write that is sent again with the same Idempotency-Key has its effect once. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class IdempotencyKeysTest {
    private static final String SESSION = "{\"end_user\": {\"id\": \"u1\"}}";

    private final HttpClient http = HttpClient.newHttpClient();
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start();
        latchkey.call("POST", "/integrations", "{\"provider\": \"unauthenticated\", \"unique_key\": \"open\"}", 200);
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private HttpResponse<String> send(
            String secretKey, String idempotencyKey, String method, String path, String body) {
        return sending(secretKey, idempotencyKey, method, path, body).join();
    }

    private CompletableFuture<HttpResponse<String>> sending(
            String secretKey, String idempotencyKey, String method, String path, String body) {
        return http.sendAsync(
                HttpRequest.newBuilder(URI.create(latchkey.address + path))
                        .header("Authorization", "Bearer " + secretKey)
                        .header("Content-Type", "application/json")
                        .header("Idempotency-Key", idempotencyKey)
                        .method(method, HttpRequest.BodyPublishers.ofString(body))
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    private HttpResponse<String> session(String idempotencyKey) {
        return send(latchkey.key, idempotencyKey, "POST", "/connect/sessions", SESSION);
    }

    @Test
    void theSameRequestGetsTheFirstResponseAndMakesNothing() {
        HttpResponse<String> first = session("one");
        HttpResponse<String> again = session("one");
        HttpResponse<String> other = session("two");

        assertThat(first.statusCode()).isEqualTo(201);
        assertThat(first.headers().firstValue("Idempotency-Replayed")).isEmpty();
        assertThat(again.statusCode()).isEqualTo(201);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(again.headers().firstValue("Idempotency-Replayed")).contains("true");
        assertThat(other.body()).isNotEqualTo(first.body());
        String token = Json.MAPPER.readTree(first.body()).at("/data/token").asString();
        assertThat(latchkey.count("SELECT count(*) FROM idempotent_requests r WHERE r::text LIKE '%" + token + "%'"
                        + " OR encode(response, 'escape') LIKE '%" + token + "%'"))
                .isZero();
    }

    @Test
    void requestsAtTheSameTimeHaveOneEffect() {
        String body = "{\"provider_config_key\": \"open\", \"credentials\": {\"type\": \"NONE\"}}";
        List<CompletableFuture<HttpResponse<String>>> sent = IntStream.range(0, 12)
                .mapToObj(i -> sending(latchkey.key, "many", "POST", "/connections", body))
                .toList();

        List<HttpResponse<String>> got =
                sent.stream().map(CompletableFuture::join).toList();

        String first = send(latchkey.key, "many", "POST", "/connections", body).body();
        String busy = "409 true 1";
        assertThat(got)
                .extracting(one -> one.statusCode() == 409
                        ? one.statusCode() + " " + one.body().contains("idempotency_key_in_use") + " "
                                + one.headers().firstValue("Retry-After").orElse("")
                        : one.statusCode() + " " + one.body())
                .isSubsetOf(busy, "201 " + first);
        assertThat(latchkey.count("SELECT count(*) FROM connections")).isEqualTo(1);
    }

    @Test
    void anotherRequestWithTheSameKeyIsRefused() {
        session("reused");

        for (HttpResponse<String> refused : List.of(
                send(latchkey.key, "reused", "POST", "/connect/sessions", "{\"end_user\": {\"id\": \"u2\"}}"),
                send(latchkey.key, "reused", "POST", "/environment/resume", SESSION))) {
            assertThat(refused.statusCode()).isEqualTo(400);
            assertThat(refused.body()).contains("idempotency_key_reused");
        }
        assertThat(session("a b").body()).contains("idempotency-key");
        assertThat(session("k".repeat(256)).statusCode()).isEqualTo(400);
    }

    @Test
    void aFailureIsNotKept() {
        String unknown = "{\"end_user\": {\"id\": \"u1\"}, \"allowed_integrations\": [\"later\"]}";

        assertThat(send(latchkey.key, "later", "POST", "/connect/sessions", unknown)
                        .statusCode())
                .isEqualTo(400);
        latchkey.call("POST", "/integrations", "{\"provider\": \"unauthenticated\", \"unique_key\": \"later\"}", 200);

        assertThat(send(latchkey.key, "later", "POST", "/connect/sessions", unknown)
                        .statusCode())
                .isEqualTo(201);
    }

    @Test
    void theKeyIsOneOfTheCallersOwn() {
        String other = latchkey.keyWith("environment:connect_sessions:write");
        HttpResponse<String> mine = session("shared");

        HttpResponse<String> theirs = send(other, "shared", "POST", "/connect/sessions", SESSION);

        assertThat(theirs.statusCode()).isEqualTo(201);
        assertThat(theirs.body()).isNotEqualTo(mine.body());
    }

    @Test
    void aClaimOfANodeThatDiedIsFreeLater() {
        HttpResponse<String> first = session("dying");
        latchkey.sql("UPDATE idempotent_requests SET status = NULL, response = NULL");

        assertThat(session("dying").statusCode()).isEqualTo(409);
        latchkey.sql("UPDATE idempotent_requests SET claimed_until = now() - interval '1 second'");
        assertThat(session("dying").statusCode()).isEqualTo(201);
        assertThat(session("dying").body()).isNotEqualTo(first.body());
    }
}
