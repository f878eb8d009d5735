package dev.latchkey.server.webhooks.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** How provider webhooks reach endpoints that do not say it: as the environment does. */
class EnvironmentForwardingTest {
    private Latchkey latchkey;

    @BeforeEach
    void start() {
        latchkey = Latchkey.start();
        latchkey.labIntegration("github", "gh");
    }

    @AfterEach
    void stop() {
        latchkey.close();
    }

    private String said() {
        return latchkey.call("GET", "/environment", "", 200)
                .at("/data/webhook_forwarding")
                .asString();
    }

    private String ofNewEndpoint(String path, String more) {
        return latchkey.call("POST", "/environment/webhooks", """
                        {"url": "https://hooks.example.com/%s"%s}""".formatted(path, more), 201)
                .at("/data/forwarding")
                .asString();
    }

    /** Its first event makes the endpoint of a connection's own address. */
    private String ofConnection(String id) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "gh", "connection_id": "%s", "webhook_url_override": "https://own.example.com/%s",
                 "credentials": {"type": "OAUTH2", "access_token": "at"}}""".formatted(id, id), 201);
        return endpoint("https://own.example.com/" + id).path("forwarding").asString();
    }

    private JsonNode endpoint(String url) {
        return latchkey.call("GET", "/environment/webhooks", "", 200).path("data").values().stream()
                .filter(one -> one.path("url").asString().equals(url))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void endpointsAndConnectionsHaveItsFormUnlessTheySayOtherwise() {
        assertThat(said()).isEqualTo("events");
        assertThat(ofNewEndpoint("first", "")).isEqualTo("events");
        assertThat(ofConnection("first")).isEqualTo("events");

        latchkey.call("PATCH", "/environment", "{\"webhook_forwarding\": \"received\"}", 200);

        assertThat(said()).isEqualTo("received");
        assertThat(ofNewEndpoint("second", "")).isEqualTo("received");
        assertThat(ofNewEndpoint("third", ", \"forwarding\": \"events\"")).isEqualTo("events");
        assertThat(ofConnection("second")).isEqualTo("received");
        assertThat(endpoint("https://hooks.example.com/first")
                        .path("forwarding")
                        .asString())
                .isEqualTo("events");
    }

    @Test
    void aChangeOfAnotherSettingKeepsIt() {
        latchkey.call("PATCH", "/environment", "{\"webhook_forwarding\": \"received\"}", 200);
        latchkey.call("PATCH", "/environment", "{\"confirm_user\": \"always\"}", 200);

        assertThat(said()).isEqualTo("received");
    }

    @Test
    void aDryRunSaysWhatWouldBeAndKeepsNothing() {
        assertThat(latchkey.call("PATCH", "/environment?dry_run=true", "{\"webhook_forwarding\": \"received\"}", 200)
                        .at("/data/webhook_forwarding")
                        .asString())
                .isEqualTo("received");
        assertThat(said()).isEqualTo("events");
    }

    @Test
    void anotherWordIsRefused() {
        for (String word : List.of("\"whole\"", "\"RECEIVED\"", "\"\"", "null", "true")) {
            assertThat(latchkey.call("PATCH", "/environment", "{\"webhook_forwarding\": " + word + "}", 400)
                            .at("/error/errors/0/path/0")
                            .asString())
                    .isEqualTo("webhook_forwarding");
        }
    }
}
