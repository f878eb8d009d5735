package dev.latchkey.spring;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * {@code latchkey.webhook.*}.
 *
 * @param path present: webhooks that are posted there become application events
 * @param signingKey present: there is a {@link dev.latchkey.client.Webhooks} bean
 */
@ConfigurationProperties("latchkey.webhook")
public record LatchkeyWebhookProperties(
        @Nullable String path, @Nullable String signingKey) {
    /** Without the key. */
    @Override
    public String toString() {
        return "LatchkeyWebhookProperties[" + path + "]";
    }
}
