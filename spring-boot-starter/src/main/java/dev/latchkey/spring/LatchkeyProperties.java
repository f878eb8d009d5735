package dev.latchkey.spring;

import dev.latchkey.client.Settings;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.core.env.Environment;

/**
 * {@code latchkey.*}. Absent properties come from {@code NANGO_SECRET_KEY} and {@code NANGO_HOST}, otherwise from
 * {@link Settings#standard()}.
 *
 * @param returnUrl where users go who authorized again by a problem's link
 */
@ConfigurationProperties("latchkey")
public record LatchkeyProperties(
        @Nullable String secretKey,
        @Nullable URI host,
        @Nullable Duration timeout,
        @Nullable Duration deadline,
        @Nullable Integer attempts,
        @Nullable Duration tokenAge,
        @Nullable String applicationName,
        @Nullable URI returnUrl) {

    Settings settings(Environment environment) {
        Settings settings = Settings.standard();
        String key = given(secretKey, environment.getProperty("NANGO_SECRET_KEY"));
        if (key != null) {
            settings = settings.withSecretKey(key);
        }
        String nangoHost = given(null, environment.getProperty("NANGO_HOST"));
        if (host != null) {
            settings = settings.withHost(host);
        } else if (nangoHost != null) {
            settings = settings.withHost(URI.create(nangoHost));
        }
        if (timeout != null) {
            settings = settings.withTimeout(timeout);
        }
        if (deadline != null) {
            settings = settings.withDeadline(deadline);
        }
        if (attempts != null) {
            settings = settings.withAttempts(attempts);
        }
        if (tokenAge != null) {
            settings = settings.withTokenAge(tokenAge);
        }
        String application = given(applicationName, environment.getProperty("spring.application.name"));
        // A name of other characters is no part of a header.
        return application == null || !application.chars().allMatch(c -> c >= 0x20 && c < 0x7f)
                ? settings
                : settings.withApplicationName(application);
    }

    private static @Nullable String given(@Nullable String one, @Nullable String other) {
        if (one != null && !one.isBlank()) {
            return one;
        }
        return other == null || other.isBlank() ? null : other;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "LatchkeyProperties[" + host + "]";
    }
}
