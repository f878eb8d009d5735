package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The unmodified npm package {@code @nangohq/node}: every method in scope. */
class NodeClientTest {
    @Test
    void everyInScopeMethodOfNangosNodeClientWorks() throws Exception {
        try (Latchkey latchkey = Latchkey.start()) {
            latchkey.labIntegration("github", "gh");
            String token = latchkey.session("gh");
            new LabUser().connect(latchkey.address.resolve("/oauth/connect/gh?connect_session_token=" + token));
            String connection = latchkey.call("GET", "/connections", "", 200)
                    .at("/connections/0/connection_id")
                    .asString();

            try (NpmProcess client = NpmProcess.start(
                    "node-client.mjs",
                    Map.of(
                            "HOST",
                            latchkey.address.toString(),
                            "KEY",
                            latchkey.key,
                            "INTEGRATION",
                            "gh",
                            "CONNECTION",
                            connection))) {
                assertThat(client.awaitEnd()).contains("every method answered");
            }
        }
    }

    /** @param name of the connection, as the backend wants it */
    static URI startNamed(Latchkey latchkey, String integration, String name) {
        return latchkey.address.resolve(
                "/oauth/connect/" + integration + "?connect_session_token=" + latchkey.sessionNamed(name, integration));
    }

    static URI start(Latchkey latchkey, String integration, String more) {
        return latchkey.address.resolve(
                "/oauth/connect/" + integration + "?connect_session_token=" + latchkey.session(integration) + more);
    }
}
