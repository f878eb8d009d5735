package dev.latchkey.spring;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.Webhooks;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/** A {@link Latchkey} bean from {@link LatchkeyProperties}; each bean backs off if the application defines its own. */
@AutoConfiguration
@EnableConfigurationProperties(LatchkeyProperties.class)
public class LatchkeyAutoConfiguration {

    /** Closed with the application. Without a secret key the bean still exists: see {@link Latchkey#isConfigured}. */
    @Bean
    @ConditionalOnMissingBean
    public Latchkey latchkey(LatchkeyProperties properties, Environment environment) {
        return Latchkey.of(properties.settings(environment));
    }

    @Bean
    @ConditionalOnMissingBean
    @ConditionalOnProperty("latchkey.webhook-signing-key")
    public Webhooks latchkeyWebhooks(LatchkeyProperties properties, Latchkey latchkey) {
        return Webhooks.signedWith(String.valueOf(properties.webhookSigningKey()))
                .informing(latchkey);
    }

    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
    static class HealthConfiguration {
        @Bean
        @ConditionalOnMissingBean(name = "latchkeyHealthIndicator")
        @ConditionalOnEnabledHealthIndicator("latchkey")
        LatchkeyHealthIndicator latchkeyHealthIndicator(Latchkey latchkey) {
            return new LatchkeyHealthIndicator(latchkey);
        }
    }
}
