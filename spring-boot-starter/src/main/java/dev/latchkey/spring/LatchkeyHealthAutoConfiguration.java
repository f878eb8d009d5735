package dev.latchkey.spring;

import dev.latchkey.client.Latchkey;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** Latchkey's health, on Spring Boot 4; on 3.5 the artifact {@code latchkey-spring-boot-3-starter} has it. */
@AutoConfiguration(after = LatchkeyAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@EnableConfigurationProperties(LatchkeyHealthProperties.class)
public class LatchkeyHealthAutoConfiguration {
    @Bean
    @ConditionalOnMissingBean(name = "latchkeyHealthIndicator")
    @ConditionalOnEnabledHealthIndicator("latchkey")
    LatchkeyHealthIndicator latchkeyHealthIndicator(Latchkey latchkey, LatchkeyHealthProperties properties) {
        return new LatchkeyHealthIndicator(new LatchkeyHealth(latchkey, properties.timeout()));
    }
}
