package dev.latchkey.server.environments;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Until when and from where a key opens what it opens, and when it last did. */
class NarrowKeysTest {
    private static final String PATH = "/environment/api-keys";
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_TRUST_FORWARDED", "true"));
        latchkey.sql("UPDATE api_keys SET scopes = scopes || '{environment:api_keys:write}' WHERE name = 'first key'");
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static JsonNode made(String more) {
        return latchkey.call("POST", PATH, "{\"name\": \"k\"" + more + "}", 201).path("data");
    }

    private static HttpResponse<String> use(JsonNode key, String from) {
        return latchkey.get(
                "/integrations",
                Map.of("Authorization", "Bearer " + key.path("secret_key").asString(), "X-Forwarded-For", from));
    }

    private static JsonNode change(JsonNode key, String body) {
        return latchkey.call("PATCH", PATH + "/" + key.path("id").asString(), body, 200)
                .path("data");
    }

    private static JsonNode listed(JsonNode key) {
        return latchkey.call("GET", PATH, "", 200).path("data").values().stream()
                .filter(one -> one.path("id").equals(key.path("id")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void anExpiredKeyAnswers401AsAnUnknownOneButSaysSo() {
        JsonNode key = made(", \"expires_at\": \"" + Instant.now().plus(1, ChronoUnit.HOURS) + "\"");
        assertThat(use(key, "203.0.113.1").statusCode()).isEqualTo(200);

        latchkey.sql("UPDATE api_keys SET expires_at = now() - interval '1 second' WHERE id = '"
                + key.path("id").asString() + "'");

        await().atMost(Duration.ofSeconds(7)).untilAsserted(() -> {
            HttpResponse<String> answer = use(key, "203.0.113.1");
            assertThat(answer.statusCode()).isEqualTo(401);
            JsonNode error = Json.MAPPER.readTree(answer.body()).path("error");
            assertThat(error.path("code").asString()).isEqualTo("unknown_account");
            assertThat(error.path("message").asString()).contains("expired");
        });
        // Another end makes it work again, at once.
        change(key, "{\"expires_at\": null}");
        assertThat(use(key, "203.0.113.1").statusCode()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "203.0.113.0/24, 203.0.113.9, 203.0.114.9",
        "203.0.113.7, 203.0.113.7, 203.0.113.8",
        "2001:db8::/48, 2001:db8:0:1::5, 2001:db8:1::5",
        "2001:db8::5, 2001:db8::5, 2001:db8::6"
    })
    void aKeyOpensNothingFromElsewhere(String allowed, String inside, String outside) {
        JsonNode key = made(", \"allowed_addresses\": [\"198.51.100.1\", \"" + allowed + "\"]");

        assertThat(use(key, inside).statusCode()).isEqualTo(200);
        assertThat(use(key, "198.51.100.1").statusCode()).isEqualTo(200);
        HttpResponse<String> refused = use(key, outside);
        assertThat(refused.statusCode()).isEqualTo(403);
        assertThat(refused.body()).contains("may not be used from").doesNotContain("198.51.100.1");
        // What a client writes itself before the proxy's word does not count.
        assertThat(use(key, inside + ", " + outside).statusCode()).isEqualTo(403);

        change(key, "{\"allowed_addresses\": []}");
        assertThat(use(key, outside).statusCode()).isEqualTo(200);
    }

    @Test
    void itsLastUseIsKnownWithWhenceAFewSecondsLater() {
        JsonNode key = made("");
        assertThat(listed(key).path("last_used_at").isNull()).isTrue();
        Instant before = Instant.now().minusSeconds(1);

        use(key, "203.0.113.50");

        await().atMost(Duration.ofSeconds(12)).untilAsserted(() -> {
            assertThat(listed(key).path("last_used_from").asString("")).isEqualTo("203.0.113.50");
            assertThat(Instant.parse(listed(key).path("last_used_at").asString()))
                    .isAfter(before);
        });
    }

    @Test
    void aChangeKeepsWhatItDoesNotName() {
        JsonNode key = made(", \"expires_at\": \"2036-01-01T00:00:00Z\", \"allowed_addresses\": [\"203.0.113.0/24\"]");

        assertThat(change(key, "{\"allowed_addresses\": [\"203.0.113.1\"]}")
                        .path("expires_at")
                        .asString())
                .startsWith("2036-01-01");
        assertThat(change(key, "{\"expires_at\": null}")
                        .at("/allowed_addresses/0")
                        .asString())
                .isEqualTo("203.0.113.1/32");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"expires_at\": \"2020-01-01T00:00:00Z\"",
                "\"expires_at\": \"tomorrow\"",
                "\"expires_at\": 5",
                "\"allowed_addresses\": [\"example.com\"]",
                "\"allowed_addresses\": [\"203.0.113.7/24\"]",
                "\"allowed_addresses\": \"203.0.113.7\"",
                "\"allowed\": []"
            })
    void badInputSaysWhatIsWrong(String more) {
        assertThat(latchkey.send("POST", PATH, "{\"name\": \"k\", " + more + "}")
                        .statusCode())
                .isEqualTo(400);
    }
}
