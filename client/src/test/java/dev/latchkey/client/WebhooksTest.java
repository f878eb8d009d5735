package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;

class WebhooksTest {
    private static final String KEY = "signing-key-1";
    private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");

    private final Webhooks webhooks = new Webhooks(KEY, () -> NOW);

    private static byte[] hmac(byte[] key, String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(UTF_8));
    }

    private WebhookEvent read(String body) {
        return webhooks.verify(body.getBytes(UTF_8), webhooks.sign("msg_1", body.getBytes(UTF_8)));
    }

    private static String auth(String operation, boolean success) {
        return """
                {"from": "nango", "type": "auth", "operation": "%s", "success": %s, "connectionId": "c1",
                 "providerConfigKey": "gh", "provider": "github", "environment": "dev", "authMode": "OAUTH2",
                 "endUser": {"endUserId": "u1"}, "tags": {"team": "a"},
                 "error": {"type": "refused", "description": "Words."}}""".formatted(operation, success);
    }

    @Test
    void readsEachKindOfEvent() throws Exception {
        assertThat(read(auth("creation", true))).isInstanceOfSatisfying(WebhookEvent.Connected.class, it -> {
            assertThat(it.about().connectionId()).isEqualTo("c1");
            assertThat(it.about().endUserId()).contains("u1");
            assertThat(it.about().tags()).containsEntry("team", "a");
        });
        assertThat(read(auth("override", true))).isInstanceOf(WebhookEvent.Reconnected.class);
        assertThat(read(auth("refresh", true))).isInstanceOf(WebhookEvent.Renewed.class);
        assertThat(read(auth("refresh", false)))
                .isInstanceOfSatisfying(
                        WebhookEvent.Failed.class,
                        it -> assertThat(List.of(it.operation(), it.errorType(), it.description()))
                                .containsExactly("refresh", "refused", "Words."));
        assertThat(read("""
                {"from": "github", "type": "forward", "providerConfigKey": "gh", "connectionId": "c1", "payload": {"a": 1}}"""))
                .isInstanceOfSatisfying(
                        WebhookEvent.Forwarded.class,
                        it -> assertThat(it.payload().get("a").asLong()).isEqualTo(1));
        assertThat(read("{\"type\": \"from the future\"}")).isInstanceOf(WebhookEvent.Other.class);
    }

    @Test
    void refusesWhatIsNotSignedOrSignedOtherwise() throws Exception {
        byte[] body = auth("creation", true).getBytes(UTF_8);
        String right = HexFormat.of().formatHex(hmac(KEY.getBytes(UTF_8), auth("creation", true)));

        // Anyone who holds a delivery could strip the headers that carry its time, and replay it at any time.
        assertThatThrownBy(() -> webhooks.verify(body, Map.of("x-nango-hmac-sha256", right)))
                .isInstanceOf(LatchkeyException.InvalidWebhook.class)
                .hasMessageContaining("acceptLegacy()");
        Webhooks lenient = webhooks.acceptLegacy();
        assertThat(lenient.verify(body, Map.of("x-nango-hmac-sha256", right)))
                .isInstanceOf(WebhookEvent.Connected.class);
        assertThatThrownBy(() -> webhooks.verify(body, Map.of())).isInstanceOf(LatchkeyException.InvalidWebhook.class);
        assertThatThrownBy(() -> lenient.verify(body, Map.of("x-nango-hmac-sha256", "")))
                .isInstanceOf(LatchkeyException.InvalidWebhook.class);
        assertThatThrownBy(() -> lenient.verify("{}".getBytes(UTF_8), Map.of("x-nango-hmac-sha256", right)))
                .isInstanceOf(LatchkeyException.InvalidWebhook.class);
        assertThatThrownBy(() -> Webhooks.signedWith("another")
                        .acceptLegacy()
                        .verify(body, Map.of("x-nango-hmac-sha256", right)))
                .isInstanceOf(LatchkeyException.InvalidWebhook.class)
                .hasMessageNotContaining(right);
    }

    @Test
    void readsStandardWebhooksAndRefusesAReplay() throws Exception {
        String body = auth("creation", true);
        byte[] key = {1, 2, 3, 4};
        Webhooks standard = new Webhooks("whsec_" + Base64.getEncoder().encodeToString(key), () -> NOW);
        for (long seconds : List.of(0L, 299L, 301L, -301L)) {
            String time = Long.toString(NOW.getEpochSecond() - seconds);
            String signature = Base64.getEncoder().encodeToString(hmac(key, "msg_1." + time + "." + body));
            Map<String, String> headers = Map.of(
                    "webhook-id", "msg_1", "webhook-timestamp", time, "webhook-signature", "v1,AAAA v1," + signature);

            if (Math.abs(seconds) < 300) {
                assertThat(standard.verify(body.getBytes(UTF_8), headers)).isInstanceOf(WebhookEvent.Connected.class);
            } else {
                assertThatThrownBy(() -> standard.verify(body.getBytes(UTF_8), headers))
                        .isInstanceOf(LatchkeyException.InvalidWebhook.class)
                        .hasMessageContaining("five minutes");
            }
        }
    }
}
