package dev.latchkey.server.configuration;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The environment variables {@code LATCHKEY_*} as values of the types that several settings have. Names are given without the prefix; what
 * an absent or empty one stands for is given beside it. A wrong value is a {@link ConfigurationException} that says what to write instead.
 */
final class Settings {
    private final Map<String, String> environment;

    Settings(Map<String, String> environment) {
        this.environment = environment;
    }

    Optional<String> text(String name) {
        return Optional.ofNullable(environment.get("LATCHKEY_" + name))
                .map(String::strip)
                .filter(value -> !value.isEmpty());
    }

    List<String> list(String name) {
        return text(name)
                .map(list -> Arrays.stream(list.split(","))
                        .map(String::strip)
                        .filter(entry -> !entry.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    boolean flag(String name, boolean absent) {
        return text(name)
                .map(value -> switch (value) {
                    case "true" -> true;
                    case "false" -> false;
                    default ->
                        throw new ConfigurationException(
                                "LATCHKEY_" + name + " must be true or false, not '" + value + "'.");
                })
                .orElse(absent);
    }

    Optional<Integer> number(String name, int absent, String what) {
        String value = text(name).orElse(Integer.toString(absent));
        if (value.equals("off")) {
            return Optional.empty();
        }
        if (!value.matches("[1-9]\\d{0,8}")) {
            throw new ConfigurationException(
                    "LATCHKEY_" + name + " must be a number of " + what + ", or off, not '" + value + "'.");
        }
        return Optional.of(Integer.parseInt(value));
    }

    Optional<Integer> perMinute(String name, int absent) {
        return number(name, absent, "requests in a minute");
    }

    Duration seconds(String name, int absent, int most) {
        String value = text(name).orElse(Integer.toString(absent));
        if (!value.matches("\\d{1,6}") || Integer.parseInt(value) > most) {
            throw new ConfigurationException(
                    "LATCHKEY_" + name + " must be a number of seconds from 0 to " + most + ", not '" + value + "'.");
        }
        return Duration.ofSeconds(Integer.parseInt(value));
    }

    Duration atLeastASecond(String name, int absent) {
        Duration given = seconds(name, absent, 3_600);
        if (given.isZero()) {
            throw new ConfigurationException("LATCHKEY_" + name + " must be at least one second.");
        }
        return given;
    }
}
