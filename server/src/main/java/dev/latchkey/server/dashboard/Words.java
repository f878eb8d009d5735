package dev.latchkey.server.dashboard;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;

/** Numbers and times as people read them. */
public final class Words {
    private static final DateTimeFormatter EXACT = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter CLOCK =
            DateTimeFormatter.ofPattern("MMM d, HH:mm:ss", Locale.ENGLISH).withZone(ZoneOffset.UTC);

    private Words() {}

    public static String exact(Instant time) {
        return EXACT.format(time);
    }

    public static String clock(Instant time) {
        return CLOCK.format(time);
    }

    /** "3 minutes ago", "in 2 hours", "just now". */
    public static String ago(Instant time) {
        Duration since = Duration.between(time, Instant.now());
        boolean past = !since.isNegative();
        Duration length = since.abs();
        if (length.toSeconds() < 45) {
            return past ? "just now" : "in a moment";
        }
        String text = length(length);
        return past ? text + " ago" : "in " + text;
    }

    /** "for 3 minutes", "for less than a minute": how long something has lasted. */
    public static String lasting(Instant since) {
        Duration length = Duration.between(since, Instant.now());
        return length.toSeconds() < 45 ? "for less than a minute" : "for " + length(length);
    }

    public static String length(Duration length) {
        long minutes = Math.max(1, Math.round(length.toSeconds() / 60.0));
        if (minutes < 60) {
            return plural(minutes, "minute");
        }
        long hours = Math.round(minutes / 60.0);
        if (hours < 36) {
            return plural(hours, "hour");
        }
        long days = Math.round(hours / 24.0);
        if (days < 60) {
            return plural(days, "day");
        }
        return days < 700 ? plural(Math.round(days / 30.4), "month") : plural(Math.round(days / 365.25), "year");
    }

    public static String plural(long count, String word) {
        return count(count) + " " + word + (count == 1 ? "" : "s");
    }

    public static String count(long count) {
        return String.format(Locale.ENGLISH, "%,d", count);
    }

    /** How many letters of an id a table shows. */
    private static final int OF_AN_ID = 22;

    /** An id that fits into a column: a long one without its middle, since its beginning and its end tell it from others. */
    public static String middle(String id) {
        int end = 8;
        return id.codePointCount(0, id.length()) <= OF_AN_ID
                ? id
                : id.substring(0, id.offsetByCodePoints(0, OF_AN_ID - end - 1))
                        + "…"
                        + id.substring(id.offsetByCodePoints(id.length(), -end));
    }

    private static final Set<String> ABBREVIATIONS = Set.of("ai", "ats", "cms", "crm", "erp", "hr", "it", "mcp");

    /** A tag of providers as the name of a category: "crm" as "CRM", "e-commerce" as "E-commerce". */
    public static String category(String tag) {
        return ABBREVIATIONS.contains(tag)
                ? tag.toUpperCase(Locale.ROOT)
                : tag.isEmpty() ? tag : Character.toUpperCase(tag.charAt(0)) + tag.substring(1);
    }

    /** "some_word" as "Some word". */
    public static String sentence(String name) {
        String words = name.replace('_', ' ').toLowerCase(Locale.ROOT);
        return words.isEmpty() ? words : Character.toUpperCase(words.charAt(0)) + words.substring(1);
    }
}
