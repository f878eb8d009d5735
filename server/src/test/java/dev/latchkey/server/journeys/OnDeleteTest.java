package dev.latchkey.server.journeys;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A deleted connection is deleted at the provider too, where the provider has a way (RFC 7009). */
class OnDeleteTest {
    @Test
    void theGrantIsRevokedAtTheProviderAndTheDeletionDoesNotWaitForIt() {
        try (Latchkey latchkey = Latchkey.start()) {
            latchkey.labIntegration("google", "g");
            assertThat(new LabUser()
                            .connect(NodeClientTest.startNamed(latchkey, "g", "c1"))
                            .statusCode())
                    .isEqualTo(200);
            latchkey.call("POST", "/lab/api/google/faults", """
                    {"kind": "slow", "count": 1, "delay_ms": 700, "on": "api"}""", 200);

            latchkey.call("DELETE", "/connections/c1?provider_config_key=g", "", 200);

            latchkey.call("GET", "/connections/c1?provider_config_key=g", "", 404);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> latchkey.call("GET", "/lab/api/google/events", "", 200)
                            .toString()
                            .contains("revoked"));
        }
    }
}
