package dev.latchkey.spring.boot3;

import dev.latchkey.client.Latchkey;
import dev.latchkey.spring.LatchkeyAutoConfiguration;
import dev.latchkey.spring.LatchkeyHealth;
import dev.latchkey.spring.LatchkeyHealthProperties;
import java.util.Optional;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/** Latchkey's health on Spring Boot 3, whose classes for it have other names than those of Spring Boot 4. */
@AutoConfiguration(after = LatchkeyAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@EnableConfigurationProperties(LatchkeyHealthProperties.class)
public class LatchkeyBoot3HealthAutoConfiguration {
    /** Up when the server responds and accepts the key; unknown without a key; otherwise down, with the reason. */
    @Bean
    @ConditionalOnMissingBean(name = "latchkeyHealthIndicator")
    @ConditionalOnEnabledHealthIndicator("latchkey")
    HealthIndicator latchkeyHealthIndicator(Latchkey latchkey, LatchkeyHealthProperties properties) {
        LatchkeyHealth health = new LatchkeyHealth(latchkey, properties.timeout());
        return () -> {
            Optional<String> unknown = health.unknown();
            if (unknown.isPresent()) {
                return Health.unknown().withDetail("reason", unknown.get()).build();
            }
            return health.failure()
                    .map(reason -> Health.down().withDetail("reason", reason).build())
                    .orElseGet(() -> Health.up().build());
        };
    }
}
