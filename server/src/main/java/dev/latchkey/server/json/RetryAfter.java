package dev.latchkey.server.json;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.format.SignStyle;
import java.time.temporal.ChronoField;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How long a server asks to wait: {@code Retry-After} (RFC 9110 section 10.2.3) in every form that servers use: seconds, with a
 * fraction or not, a date in one of HTTP's three formats (section 5.6.7) or in ISO 8601, a timestamp as a number; of several the
 * longest counts.
 */
public final class RetryAfter {
    /** No vendor means a wait this long: such a number is a timestamp, in seconds or milliseconds since 1970. */
    private static final BigDecimal MOST_SECONDS =
            BigDecimal.valueOf(Duration.ofDays(366).toSeconds());

    private static final BigDecimal MOST_EPOCH_SECONDS = BigDecimal.valueOf(100_000_000_000L);
    private static final Duration LONGEST = Duration.ofDays(366);

    /** RFC 850 writes two digits for the year: those that come, up to 50 years (RFC 9110 section 5.6.7). */
    private static final DateTimeFormatter RFC_850 = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .appendPattern("EEEE, dd-MMM-")
            .appendValueReduced(ChronoField.YEAR, 2, 2, 2000)
            .appendPattern(" HH:mm:ss 'GMT'")
            .toFormatter(Locale.ENGLISH)
            .withResolverStyle(ResolverStyle.SMART);

    private static final DateTimeFormatter ASCTIME = new DateTimeFormatterBuilder()
            .parseCaseInsensitive()
            .appendPattern("EEE MMM ")
            .padNext(2)
            .appendValue(ChronoField.DAY_OF_MONTH, 1, 2, SignStyle.NOT_NEGATIVE)
            .appendPattern(" HH:mm:ss yyyy")
            .toFormatter(Locale.ENGLISH);

    private RetryAfter() {}

    /** @return how long from now, at most a year; empty if it is absent, in the past, or cannot be read */
    public static Optional<Duration> parse(String header, Instant now) {
        String value = header.strip();
        if (value.matches("[\\d. ]+(,[\\d. ]+)+")) {
            return Arrays.stream(value.split(","))
                    .flatMap(one -> parse(one, now).stream())
                    .max(Comparator.naturalOrder());
        }
        return (value.matches("\\d{1,60}(\\.\\d{1,20})?") ? number(new BigDecimal(value), now) : date(value, now))
                .filter(wait -> !wait.isNegative() && !wait.isZero())
                .map(wait -> wait.compareTo(LONGEST) > 0 ? LONGEST : wait);
    }

    /** As we send it: whole seconds, at least one, and never less than the wait. */
    public static long seconds(Duration wait) {
        return Math.max(1, wait.plusMillis(999).toSeconds());
    }

    private static Optional<Duration> number(BigDecimal number, Instant now) {
        if (number.compareTo(MOST_SECONDS) <= 0) {
            // Never less than was requested.
            return Optional.of(Duration.ofMillis(
                    number.movePointRight(3).setScale(0, RoundingMode.CEILING).longValueExact()));
        }
        BigDecimal millis = number.compareTo(MOST_EPOCH_SECONDS) > 0 ? number : number.movePointRight(3);
        if (millis.compareTo(BigDecimal.valueOf(Long.MAX_VALUE / 2)) > 0) {
            return Optional.of(LONGEST);
        }
        Duration until = Duration.between(now, Instant.ofEpochMilli(millis.longValue()));
        return Optional.of(until.isNegative() ? LONGEST : until);
    }

    private static Optional<Duration> date(String value, Instant now) {
        for (DateTimeFormatter format :
                List.of(DateTimeFormatter.RFC_1123_DATE_TIME, DateTimeFormatter.ISO_DATE_TIME, RFC_850, ASCTIME)) {
            try {
                Instant at = format == RFC_850 || format == ASCTIME
                        ? LocalDateTime.parse(value, format).toInstant(ZoneOffset.UTC)
                        : ZonedDateTime.parse(value, format).toInstant();
                return Optional.of(Duration.between(now, at));
            } catch (DateTimeException e) {
                continue;
            }
        }
        return Optional.empty();
    }
}
