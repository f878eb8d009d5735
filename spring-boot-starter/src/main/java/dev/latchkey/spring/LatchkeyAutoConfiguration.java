package dev.latchkey.spring;

import dev.latchkey.client.Interceptor;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.Settings;
import java.util.List;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.core.env.Environment;

/** A {@link Latchkey} bean from {@link LatchkeyProperties}; it backs off if the application defines its own. */
@AutoConfiguration
@EnableConfigurationProperties(LatchkeyProperties.class)
public class LatchkeyAutoConfiguration {

    /**
     * Closed with the application. Without a secret key the bean still exists: see {@link Latchkey#isConfigured}. Every {@link
     * Interceptor} bean sees its attempts.
     */
    @Bean
    @ConditionalOnMissingBean
    public Latchkey latchkey(
            LatchkeyProperties properties, Environment environment, ObjectProvider<Interceptor> interceptors) {
        Settings settings = properties.settings(environment);
        List<Interceptor> all = interceptors.orderedStream().toList();
        for (Interceptor one : all) {
            settings = settings.withInterceptor(one);
        }
        return Latchkey.of(settings);
    }
}
