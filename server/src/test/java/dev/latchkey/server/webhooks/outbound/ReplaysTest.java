package dev.latchkey.server.webhooks.outbound;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The caller of a large replay does not wait for it. */
class ReplaysTest {
    private static final int FAILED = 2 * Replays.STEP + 300;

    @Test
    void aLargeReplayRespondsAfterItsFirstStepAndContinuesWithoutItsCaller() {
        try (Receiver receiver = new Receiver();
                Latchkey node = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", receiver.host()))) {
            String endpoint = node.call(
                            "POST", "/environment/webhooks", "{\"url\": \"" + receiver.url("/hooks") + "\"}", 201)
                    .at("/data/id")
                    .asString();
            node.sql("""
                    WITH events AS (
                        INSERT INTO webhook_events (environment_id, id, event, lane, body)
                        SELECT e.id, gen_random_uuid(), 'test', gen_random_uuid(), '{"n": ' || n || '}'
                        FROM environments e, generate_series(1, %d) n WHERE e.name = 'dev'
                        RETURNING environment_id, id)
                    INSERT INTO webhook_deliveries (environment_id, id, endpoint_id, event_id, seq, event, state, attempts, finished_at)
                    SELECT environment_id, gen_random_uuid(), '%s', id, row_number() OVER (), 'test', 'failed', 9, now() - INTERVAL '1 min'
                    FROM events""".formatted(FAILED, endpoint));

            JsonNode begun = node.call(
                            "POST",
                            "/environment/webhook-deliveries/replay",
                            "{\"since\": \"2026-01-01T00:00:00Z\"}",
                            200)
                    .get("data");

            assertThat(begun.get("replayed").asInt()).isEqualTo(Replays.STEP);
            assertThat(begun.get("continues").asBoolean()).isTrue();
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> node.count("SELECT count(*) FROM webhook_replays") == 0
                            && node.count("SELECT count(*) FROM webhook_queue") == 0);
            assertThat(node.count("SELECT count(*) FROM webhook_deliveries WHERE state = 'delivered'"))
                    .isEqualTo(FAILED);
            assertThat(receiver.requests()).hasSize(FAILED);
        }
    }
}
