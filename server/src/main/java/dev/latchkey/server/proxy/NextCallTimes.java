package dev.latchkey.server.proxy;

import dev.latchkey.catalogue.model.Api;
import dev.latchkey.server.egress.Incoming;
import dev.latchkey.server.json.RetryAfter;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** When a response allows the next call: seconds, dates (RFC 9110 section 10.2.3) and epoch times, as the definition names them. */
final class NextCallTimes {
    /** Beyond it a number is milliseconds: the year 5138 in seconds, 1973 in milliseconds. */
    private static final long MOST_SECONDS = 100_000_000_000L;
    /** A number of seconds to wait is not a time; some vendors mix the two up. */
    private static final long LONGEST_WAIT = Duration.ofDays(366).toSeconds();

    private NextCallTimes() {}

    /** The latest of the times that the headers name; empty when none does. */
    static Optional<Instant> fromHeaders(Api.Retry retry, Incoming response, Instant now) {
        Optional<Instant> latest = response.header("retry-after").flatMap(value -> after(value, now));
        for (String name : retry.after()) {
            latest = later(latest, response.header(name).flatMap(value -> after(value, now)));
        }
        for (String name : retry.at()) {
            latest = later(latest, response.header(name).flatMap(value -> at(value, now)));
        }
        return latest.filter(time -> time.isAfter(now));
    }

    static Optional<Instant> fromBody(Api.BodyHint hint, JsonNode body, Instant now) {
        return hint.path()
                .textIn(body)
                .flatMap(value -> hint.at() ? at(value, now) : after(value, now))
                .filter(time -> time.isAfter(now));
    }

    private static Optional<Instant> later(Optional<Instant> one, Optional<Instant> other) {
        return one.isPresent() && other.isPresent()
                ? Optional.of(one.get().isAfter(other.get()) ? one.get() : other.get())
                : one.or(() -> other);
    }

    /** Seconds, with a fraction or not, or a date. */
    static Optional<Instant> after(String text, Instant now) {
        return RetryAfter.parse(text, now).map(now::plus);
    }

    /** Epoch seconds or milliseconds, or a date; a small number can only be seconds from now. */
    static Optional<Instant> at(String text, Instant now) {
        String value = text.strip();
        if (isNumber(value)) {
            double number = Double.parseDouble(value);
            if (number <= LONGEST_WAIT) {
                return Optional.of(now.plusMillis((long) Math.ceil(number * 1000)));
            }
            return Optional.of(Instant.ofEpochMilli((long) (number > MOST_SECONDS ? number : number * 1000)));
        }
        return date(value);
    }

    private static boolean isNumber(String value) {
        return value.matches("\\d{1,15}(\\.\\d{1,9})?");
    }

    private static Optional<Instant> date(String value) {
        for (DateTimeFormatter format :
                new DateTimeFormatter[] {DateTimeFormatter.RFC_1123_DATE_TIME, DateTimeFormatter.ISO_DATE_TIME}) {
            try {
                return Optional.of(ZonedDateTime.parse(value, format).toInstant());
            } catch (DateTimeParseException e) {
                continue;
            }
        }
        return Optional.empty();
    }
}
