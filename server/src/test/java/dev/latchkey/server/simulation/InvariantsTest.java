package dev.latchkey.server.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.simulation.Ledger.Grant;
import dev.latchkey.server.simulation.Ledger.Token;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What no schedule shows as long as the product is right: that a broken promise is seen. */
class InvariantsTest {
    private static final Duration TOLERANCE = Duration.ofSeconds(2);

    private final Ledger ledger = new Ledger();
    private final Invariants invariants = new Invariants(ledger);

    @Test
    void aTokenThatWasOverWhenItWasAskedForIsLate() {
        ledger.imported(tokens("over"), Duration.ofSeconds(-60));
        ledger.imported(tokens("good"), Duration.ofSeconds(60));

        assertThat(isLate("over", TOLERANCE)).isTrue();
        assertThat(isLate("over", Duration.ofSeconds(62))).isFalse();
        assertThat(isLate("good", TOLERANCE)).isFalse();
        assertThat(isLate("good", Instant.now().plusSeconds(90), TOLERANCE)).isTrue();
    }

    @Test
    void whatItsVendorHasJustIssuedIsNotLate() {
        Grant grant =
                ledger.granted(Token.of(token("refresh", "r0")), token("refresh", "r1"), token("access", "a1"), 1, 1);
        ledger.answer(grant, Duration.ofSeconds(1));

        assertThat(isLate(token("access", "a1"), Instant.now().plusSeconds(4), TOLERANCE))
                .isFalse();
        assertThat(isLate(token("access", "a1"), Instant.now().plusSeconds(30), TOLERANCE))
                .isTrue();
    }

    @Test
    void aTokenThatIsUsedAgainAlthoughItWasAnsweredIsSeen() {
        Subject subject = new Subject(0, "c", "v");
        subject.imported(Token.of(token("refresh", "r0")), true);
        Grant first =
                ledger.granted(Token.of(token("refresh", "r0")), token("refresh", "r1"), token("access", "a1"), 1, 1);
        ledger.answer(first, Duration.ofHours(1));
        assertThat(invariants.noTokenIsUsedTwice(subject)).isEmpty();

        ledger.granted(Token.of(token("refresh", "r0")), token("refresh", "r2"), token("access", "a2"), 2, 1);

        assertThat(invariants.noTokenIsUsedTwice(subject)).isPresent();
    }

    @Test
    void aWebhookThatDidNotArriveIsMissing() throws Exception {
        try (Webhooks webhooks = new Webhooks();
                HttpClient http = HttpClient.newHttpClient()) {
            webhooks.expect("c", row(Map.of("created", 1, "refreshed", 1, "recovered", 1)));
            deliver(http, webhooks, "id-1", "creation");
            deliver(http, webhooks, "id-2", "refresh");
            // The same event again, as after a node's death.
            deliver(http, webhooks, "id-2", "refresh");
            assertThat(webhooks.expected()).isEqualTo(3);
            assertThat(webhooks.missing(Duration.ZERO))
                    .singleElement()
                    .asString()
                    .contains("refresh", "1 of 2");

            deliver(http, webhooks, "id-3", "refresh");

            assertThat(webhooks.missing(Duration.ZERO)).isEmpty();
        }
    }

    private static void deliver(HttpClient http, Webhooks webhooks, String id, String operation) throws Exception {
        HttpResponse<Void> response = http.send(
                HttpRequest.newBuilder(URI.create(webhooks.url()))
                        .header("webhook-id", id)
                        .POST(HttpRequest.BodyPublishers.ofString("""
                                {"type": "auth", "operation": "%s", "success": true, "connectionId": "c"}""".formatted(operation)))
                        .build(),
                HttpResponse.BodyHandlers.discarding());
        assertThat(response.statusCode()).isEqualTo(200);
    }

    private static Store.Row row(Map<String, Integer> events) {
        return new Store.Row(UUID.randomUUID(), Token.of(token("refresh", "r0")), 1, Optional.empty(), events);
    }

    private boolean isLate(String accessToken, Duration tolerance) {
        return isLate(accessToken, Instant.now(), tolerance);
    }

    private boolean isLate(String accessToken, Instant asked, Duration tolerance) {
        return invariants.isLate(accessToken, asked, tolerance);
    }

    private static JsonNode tokens(String accessToken) {
        return Json.MAPPER.createObjectNode().put("access_token", accessToken);
    }

    /** As the lab writes it. */
    private static String token(String kind, String id) {
        return "lab_" + kind + "_"
                + Base64.getUrlEncoder()
                        .withoutPadding()
                        .encodeToString(("{\"i\": \"" + id + "\", \"f\": \"family\"}").getBytes(StandardCharsets.UTF_8))
                + ".signature";
    }
}
