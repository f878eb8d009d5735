package dev.latchkey.server.json;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;

/** Points in time from callers and vendors, within the years that the database can store and a person may mean. */
public final class Moments {
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-01-01T00:00:00Z");

    private Moments() {}

    /** ISO 8601 with an offset, such as {@code 2026-01-31T08:00:00Z}. Empty for anything else, and outside of the years 1 to 9998. */
    public static Optional<Instant> read(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant()).filter(Moments::isStorable);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    public static boolean isStorable(Instant time) {
        return !time.isBefore(EARLIEST) && !time.isAfter(LATEST);
    }

    /** A vendor may mean "never" by a year that nothing can store. */
    public static Instant bounded(Instant time) {
        return time.isBefore(EARLIEST) ? EARLIEST : time.isAfter(LATEST) ? LATEST : time;
    }

    /** As a NumericDate of RFC 7519 section 2, for any number. */
    public static Instant ofEpochSecond(double seconds) {
        return Instant.ofEpochSecond(
                (long) Math.clamp(seconds, (double) EARLIEST.getEpochSecond(), (double) LATEST.getEpochSecond()));
    }

    /** This many seconds later, for any number. */
    public static Instant after(Instant time, double seconds) {
        return ofEpochSecond(time.getEpochSecond() + (Double.isNaN(seconds) ? 0 : seconds));
    }
}
