package dev.latchkey.spring;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.Webhooks;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Import;

/** Webhooks as application events, at the path of {@link LatchkeyWebhookProperties}. */
@AutoConfiguration(after = LatchkeyAutoConfiguration.class)
@EnableConfigurationProperties(LatchkeyWebhookProperties.class)
@Import({ServletWebhookRoute.class, ReactiveWebhookRoute.class})
public class LatchkeyWebhookAutoConfiguration {

    /** Verifies webhooks, and makes the client forget tokens that an event replaces. */
    @Bean
    @ConditionalOnMissingBean
    @Conditional(PropertyGiven.SigningKey.class)
    public Webhooks latchkeyWebhooks(LatchkeyWebhookProperties properties, Latchkey latchkey) {
        return Webhooks.signedWith(String.valueOf(properties.signingKey())).informing(latchkey);
    }
}
