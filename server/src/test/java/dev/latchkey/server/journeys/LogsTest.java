package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** Every step of a flow can be read afterwards, with what was asked and answered, and no secret. */
class LogsTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    @Test
    void aFlowAndARefreshAreReadStepByStep() {
        try (Latchkey latchkey = Latchkey.start()) {
            latchkey.labIntegration("github", "gh");
            new LabUser().connect(NodeClientTest.startNamed(latchkey, "gh", "c1"));
            JsonNode before = latchkey.call("GET", "/connections/c1?provider_config_key=gh&refresh_token=true", "", 200)
                    .get("credentials");
            latchkey.call("GET", "/connections/c1?provider_config_key=gh&force_refresh=true", "", 200);

            List<String> messages = new ArrayList<>();
            await().atMost(SOON).untilAsserted(() -> {
                JsonNode logs = latchkey.call("GET", "/logs?limit=100", "", 200).get("data");
                messages.clear();
                logs.forEach(line -> messages.add(line.get("message").asString()));
                assertThat(messages)
                        .anyMatch(line -> line.startsWith("Sent the user to"))
                        .contains("The user came back", "Connected", "Refreshed");
            });
            JsonNode flow = latchkey.call("GET", "/logs?type=connect", "", 200).get("data");
            assertThat(StreamSupport.stream(flow.spliterator(), false)
                            .map(line -> line.get("operation").asString())
                            .distinct())
                    .hasSize(1);
            JsonNode timeline = latchkey.call("GET", "/connections/c1/timeline?provider_config_key=gh", "", 200)
                    .get("data");
            String shown = timeline.toString();
            assertThat(shown)
                    .contains("Connected", "Refreshed", "\"grant_type\":\"authorization_code\"")
                    .contains("\"grant_type\":\"refresh_token\"")
                    .doesNotContain(
                            before.get("access_token").asString(),
                            before.get("refresh_token").asString());
            JsonNode line = flow.get(0);
            assertThat(latchkey.call("GET", "/logs/" + line.get("id").asString(), "", 200)
                            .at("/data/message")
                            .asString())
                    .isEqualTo(line.get("message").asString());
        }
    }

    @Test
    void theLogIdOfAFailureFindsItsLinesAndIsInTheTimeline() {
        try (Latchkey latchkey = Latchkey.start()) {
            latchkey.labIntegration("github", "gh");
            latchkey.call("POST", "/connections", """
                    {"provider_config_key": "gh", "connection_id": "lapsed", "credentials": {"type": "OAUTH2", "access_token": "at",
                     "refresh_token": "rt-that-nobody-knows", "expires_at": "2020-01-01T00:00:00Z"}}""", 201);
            latchkey.send("GET", "/connections/lapsed?provider_config_key=gh", "");
            String id = latchkey.call("GET", "/connections", "", 200)
                    .at("/connections/0/errors/0/log_id")
                    .asString();

            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(latchkey.call("GET", "/logs?operation=" + id, "", 200)
                                    .at("/data")
                                    .findValuesAsString("message"))
                            .anyMatch(line -> line.contains("invalid_grant")));
            assertThat(latchkey.call("GET", "/connections/lapsed/timeline?provider_config_key=gh", "", 200)
                            .findValuesAsString("log_id"))
                    .containsExactly(id);
        }
    }

    @Test
    void aRefusalIsLoggedAndFoundByItsState() {
        try (Latchkey latchkey = Latchkey.start()) {
            latchkey.labIntegration("github", "gh");
            LabUser user = new LabUser();
            var consent = LabUser.location(user.get(NodeClientTest.startNamed(latchkey, "gh", "c1")));
            user.get(user.decide(consent, "deny"));

            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(latchkey.call("GET", "/logs?state=failed&integration=gh", "", 200)
                                    .at("/data/0/message")
                                    .asString(""))
                            .startsWith("access_denied"));
            latchkey.call("GET", "/logs?state=strange", "", 400);
        }
    }
}
