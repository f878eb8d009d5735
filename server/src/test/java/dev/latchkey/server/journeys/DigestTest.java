package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** HTTP Digest (RFC 7616) against the lab, whose checker was written apart from the code that answers it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DigestTest {
    private static final String PROVIDER = "mongodb-atlas-api-key";

    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start();
        latchkey.labIntegration(PROVIDER, "atlas");
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    private ObjectNode account() {
        return (ObjectNode) latchkey.call("GET", "/lab/api/" + PROVIDER + "/account", "", 200);
    }

    private ObjectNode withoutPassword() {
        ObjectNode account = account();
        account.remove("password");
        return account;
    }

    private HttpResponse<String> connect(String name, ObjectNode typed) {
        return latchkey.sendAs(
                "",
                "POST",
                "/auth/digest/atlas?connect_session_token=" + latchkey.sessionNamed(name, "atlas"),
                typed.toString());
    }

    private HttpResponse<String> proxied(String method, String name, String path, String body) {
        return latchkey.send(
                method, "/proxy" + path, body, Map.of("Provider-Config-Key", "atlas", "Connection-Id", name));
    }

    private List<String> outcomes(String path) {
        JsonNode events = latchkey.call("GET", "/lab/api/" + PROVIDER + "/events", "", 200);
        return events.valueStream()
                .filter(event -> event.toString().contains(path))
                .map(event -> event.get("outcome").asString())
                .toList();
    }

    @Test
    void answersOneChallengeAndThenCountsTheUsesOfItsNonce() {
        assertThat(connect("d1", account()).statusCode()).isEqualTo(200);

        HttpResponse<String> first = proxied("GET", "d1", "/api/atlas/v2/groups/first?pretty=true&q=a%20b", "");
        HttpResponse<String> second = proxied("POST", "d1", "/api/atlas/v2/groups/second", "name=x");

        assertThat(first.statusCode()).as(first.body()).isEqualTo(200);
        assertThat(second.statusCode()).as(second.body()).isEqualTo(200);
        assertThat(outcomes("/groups/second")).as("no challenge but the first").containsExactly("ok");
    }

    @Test
    void refusesAWrongPasswordAndNamesWhatIsMissing() {
        HttpResponse<String> wrong = connect("d2", account().put("password", "other"));
        HttpResponse<String> missing = connect("d3", withoutPassword());

        assertThat(wrong.statusCode()).isEqualTo(400);
        assertThat(wrong.body()).contains("connection_test_failed", "401").doesNotContain("other\"");
        assertThat(missing.statusCode()).isEqualTo(400);
        assertThat(missing.body()).contains("password");
    }

    @Test
    void showsWhatAnImportBrought() {
        ObjectNode credentials = account().put("type", "DIGEST");
        latchkey.call(
                "POST",
                "/connections",
                "{\"provider_config_key\": \"atlas\", \"connection_id\": \"d4\", \"credentials\": " + credentials + "}",
                201);

        JsonNode read = latchkey.call("GET", "/connections/d4?provider_config_key=atlas", "", 200)
                .get("credentials");

        assertThat(read.get("type").asString()).isEqualTo("DIGEST");
        assertThat(read.get("username")).isEqualTo(account().get("username"));
        assertThat(read.get("password")).isEqualTo(account().get("password"));
        assertThat(proxied("GET", "d4", "/api/atlas/v2/groups/imported", "").statusCode())
                .isEqualTo(200);
    }
}
