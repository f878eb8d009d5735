package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.template.Template;
import java.net.URI;
import java.time.Duration;
import java.time.LocalDate;
import java.time.format.DateTimeParseException;

/**
 * Single values as definitions write them. Each method throws an {@link IllegalArgumentException} whose message names the key if the value
 * is not of its form.
 */
final class Scalars {
    private static final Duration LONGEST = Duration.ofDays(36_500);

    private Scalars() {}

    static boolean flag(String key, String value) {
        return switch (value) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("'" + key + "' must be true or false");
        };
    }

    /** The address of a page. */
    static URI page(String key, String value) {
        URI uri = URI.create(value);
        if (!"https".equals(uri.getScheme()) || uri.getHost() == null) {
            throw new IllegalArgumentException("'" + key + "' must be the address of a page: https://...");
        }
        return uri;
    }

    /** The source of a template; a URL that is called has no fragment, since none is ever sent (RFC 9110 section 7.1). */
    static String sent(String key, String source, Template.Position position) {
        if (position == Template.Position.URL
                && Template.parse(source, position).hasFragment()) {
            throw new IllegalArgumentException("'" + key
                    + "' has a fragment (#...), which no request carries: leave it out. Only the page of 'authorize', which a"
                    + " browser opens, may have one");
        }
        return source;
    }

    static LocalDate day(String key, String value) {
        try {
            return LocalDate.parse(value);
        } catch (DateTimeParseException e) {
            throw new IllegalArgumentException("'" + key + "' must be a day, as in 2026-11-29", e);
        }
    }

    static Duration duration(String key, String value) {
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
