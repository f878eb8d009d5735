package dev.latchkey.server.json;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Points in time from callers and vendors, within the years that the database can store and a person may mean. */
public final class Moments {
    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-01-01T00:00:00Z");

    /** The last that a JavaScript Date can hold. */
    private static final double MOST_MILLIS = 8.64e15;

    /** {@code 2027-01-31}, with {@code T10:00[:00[.000|,000]]} or a blank for the T, {@code Z}, an offset of any style, or a zone's id. */
    private static final DateTimeFormatter ISO = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .append(DateTimeFormatter.ISO_LOCAL_DATE)
            .appendPattern("['T'][' ']")
            .optionalStart()
            .appendPattern("HH:mm[:ss]")
            .optionalStart()
            .appendFraction(ChronoField.NANO_OF_SECOND, 1, 9, true)
            .optionalEnd()
            .optionalStart()
            .appendLiteral(',')
            .appendFraction(ChronoField.NANO_OF_SECOND, 1, 9, false)
            .optionalEnd()
            .appendPattern("[' '][XXXXX][XXXX][X]['['][VV][']']")
            .optionalEnd()
            .toFormatter(Locale.ROOT);

    private static final List<DateTimeFormatter> STANDARD =
            List.of(ISO, DateTimeFormatter.RFC_1123_DATE_TIME.withLocale(Locale.ROOT));

    /** What programs print that know no standard. */
    private static final List<DateTimeFormatter> PRINTED = List.of(
            DateTimeFormatter.ofPattern("EEE MMM dd yyyy[ HH:mm:ss[ 'GMT'XX]]", Locale.ROOT),
            DateTimeFormatter.ofPattern("MMM d, yyyy[ HH:mm:ss]", Locale.ROOT),
            DateTimeFormatter.ofPattern("M/d/yyyy[ HH:mm:ss]", Locale.ROOT));

    private Moments() {}

    /** ISO 8601 with an offset, such as {@code 2026-01-31T08:00:00Z}. Empty for anything else, and outside of the years 1 to 9998. */
    public static Optional<Instant> read(String text) {
        try {
            return Optional.of(OffsetDateTime.parse(text).toInstant()).filter(Moments::isStorable);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /**
     * What programs send for a point in time: ISO 8601 with or without an offset, a day alone, RFC 1123, and what {@code String(new
     * Date())} prints. Without an offset it is UTC. Empty for anything else, and outside of the years 1 to 9998.
     */
    public static Optional<Instant> readAny(String text) {
        String trimmed = text.strip().replaceFirst("\\s*\\([^)]*\\)$", "");
        return readStandard(trimmed).or(() -> read(PRINTED, trimmed)).filter(Moments::isStorable);
    }

    /** ISO 8601 as it is written, with or without a zone, or an HTTP date; UTC without a zone. Any year, however far. */
    public static Optional<Instant> readStandard(String text) {
        return read(STANDARD, text);
    }

    private static Optional<Instant> read(List<DateTimeFormatter> forms, String text) {
        return forms.stream().flatMap(form -> read(form, text).stream()).findFirst();
    }

    private static Optional<Instant> read(DateTimeFormatter form, String text) {
        try {
            return Optional.of(
                    switch (form.parseBest(text, ZonedDateTime::from, LocalDateTime::from, LocalDate::from)) {
                        case ZonedDateTime time -> time.toInstant();
                        case LocalDateTime time -> time.toInstant(ZoneOffset.UTC);
                        case LocalDate day -> day.atStartOfDay().toInstant(ZoneOffset.UTC);
                        case TemporalAccessor other -> throw new DateTimeException("not a point in time: " + other);
                    });
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Milliseconds since 1970, as JavaScript counts. */
    public static Optional<Instant> ofMillis(double millis) {
        return Math.abs(millis) > MOST_MILLIS
                ? Optional.empty()
                : Optional.of(Instant.ofEpochMilli((long) millis)).filter(Moments::isStorable);
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
