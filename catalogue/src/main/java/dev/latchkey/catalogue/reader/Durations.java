package dev.latchkey.catalogue.reader;

import java.time.Duration;

/** Durations as definitions write them. */
final class Durations {
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private Durations() {}

    /** @throws IllegalArgumentException with a message that names the key */
    static Duration parse(String key, String value) {
        if (!value.matches("\\d{1,9}[smhd]")) {
            throw new IllegalArgumentException("'" + key + "' must be a number with s, m, h or d, as in 900s");
        }
        long amount = Long.parseLong(value.substring(0, value.length() - 1));
        Duration duration = switch (value.charAt(value.length() - 1)) {
            case 's' -> Duration.ofSeconds(amount);
            case 'm' -> Duration.ofMinutes(amount);
            case 'h' -> Duration.ofHours(amount);
            default -> Duration.ofDays(amount);
        };
        if (duration.compareTo(LONGEST) > 0) {
            throw new IllegalArgumentException("'" + key + "' is longer than a hundred years");
        }
        return duration;
    }
}
