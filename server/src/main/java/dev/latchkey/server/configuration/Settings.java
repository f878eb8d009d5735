package dev.latchkey.server.configuration;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The settings that were given, as values of the types that several settings have. What an absent one stands for is given beside it. A wrong
 * value is a {@link ConfigurationException} that says where it is and what to write instead.
 */
final class Settings {
    private final Sources sources;

    Settings(Sources sources) {
        this.sources = sources;
    }

    Optional<String> text(Setting setting) {
        return sources.of(setting).map(Given::value);
    }

    /** A setting that means something only together with another one. */
    Optional<String> textBeside(Setting setting, Setting needed) {
        Optional<String> text = text(setting);
        if (text.isPresent() && text(needed).isEmpty()) {
            throw wrong(setting, "is of no use without " + needed.variable() + "; set both, or neither");
        }
        return text;
    }

    /** @param rule what the value must be, from "must" on, without a full stop */
    ConfigurationException wrong(Setting setting, String rule) {
        return new ConfigurationException(sentence(setting, rule));
    }

    ConfigurationException wrong(Setting setting, String rule, Throwable cause) {
        return new ConfigurationException(sentence(setting, rule), cause);
    }

    private String sentence(Setting setting, String rule) {
        String place = sources.of(setting)
                .map(Given::origin)
                .filter(origin -> !origin.words().equals(setting.variable()))
                .map(origin -> " It is in " + origin.words() + ".")
                .orElse("");
        return setting.variable() + " " + rule + "." + place;
    }

    List<String> list(Setting setting) {
        return text(setting)
                .map(list -> Arrays.stream(list.split(","))
                        .map(String::strip)
                        .filter(entry -> !entry.isEmpty())
                        .toList())
                .orElse(List.of());
    }

    boolean flag(Setting setting, boolean absent) {
        return text(setting)
                .map(value -> switch (value) {
                    case "true" -> true;
                    case "false" -> false;
                    default -> throw wrong(setting, "must be true or false, not '" + value + "'");
                })
                .orElse(absent);
    }

    /** @return empty for {@code off} */
    Optional<Integer> numberOrOff(Setting setting, int absent, String what) {
        String value = text(setting).orElse(Integer.toString(absent));
        if (value.equals("off")) {
            return Optional.empty();
        }
        if (!value.matches("[1-9]\\d{0,8}")) {
            throw wrong(setting, "must be a number of " + what + ", or off, not '" + value + "'");
        }
        return Optional.of(Integer.parseInt(value));
    }

    Optional<Integer> perMinute(Setting setting, int absent) {
        return numberOrOff(setting, absent, "requests in a minute");
    }

    /** @param what the unit and what is counted, for the message */
    int number(Setting setting, int absent, int least, int most, String what) {
        String value = text(setting).orElse(Integer.toString(absent));
        if (!value.matches("\\d{1,7}") || Integer.parseInt(value) < least || Integer.parseInt(value) > most) {
            throw wrong(setting, "must be " + what + " from " + least + " to " + most + ", not '" + value + "'");
        }
        return Integer.parseInt(value);
    }

    Duration seconds(Setting setting, int absent, int most) {
        return Duration.ofSeconds(number(setting, absent, 0, most, "a number of seconds"));
    }

    Duration atLeastASecond(Setting setting, int absent) {
        return Duration.ofSeconds(number(setting, absent, 1, 3_600, "a number of seconds"));
    }
}
