package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.json.Moments;
import java.math.BigDecimal;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;

/**
 * When the access token of a token response expires. A lifetime ({@code expires_in}, RFC 6749 section 5.1) counts from the request and
 * so needs no agreement of clocks; it takes precedence over an absolute expiry, and both over the {@code exp} of a token that is a JWT
 * (RFC 7519 section 4.1.4), which is all that some vendors say. An absolute end that is in the past when the token
 * arrives is a wrong clock, a wrong zone or a zero value: no vendor issues an expired token, and believing it would refresh the token
 * for ever.
 */
public final class TokenExpiry {
    private static final Duration LONGEST_LIFE = Duration.ofDays(36_500);
    /** Epoch values above this are milliseconds: seconds would lie in the year 5138. */
    private static final long MOST_SECONDS = 100_000_000_000L;

    private static final BigDecimal MOST_AMOUNT = BigDecimal.valueOf(1_000_000_000_000L);

    private static final Pattern NET_DATE = Pattern.compile("\\\\?/Date\\((\\d{1,19})([+-]\\d{4})?\\)\\\\?/");

    private TokenExpiry() {}

    /**
     * @param access the access token, if the response has one
     * @param askedAt when the request began
     * @return empty when the response has no expiry, or an impossible one
     */
    public static Optional<Instant> of(TokenShape shape, JsonNode body, Optional<String> access, Instant askedAt) {
        Optional<Instant> relative = TokenParser.first(shape.lifetime().expiresIn(), body)
                .flatMap(TokenExpiry::amount)
                .map(amount -> askedAt.plus(shape.lifetime().unit().multipliedBy(amount)));
        Instant latest = askedAt.plus(LONGEST_LIFE);
        return relative.or(() -> TokenParser.first(shape.lifetime().expiresAt(), body)
                        .flatMap(value -> absolute(value, askedAt))
                        .filter(end -> end.isAfter(askedAt)))
                .or(() -> access.flatMap(Claims::end).filter(end -> end.isAfter(askedAt)))
                .or(() -> shape.lifetime().ttl().map(askedAt::plus))
                // A database cannot store every instant that a vendor can write.
                .map(end -> end.isAfter(latest) ? latest : end);
    }

    /**
     * What is wrong with a response's expiry, as a message for the definition's maintainer.
     *
     * @param whole the response
     * @return empty if nothing is wrong
     */
    public static Optional<String> problem(TokenShape shape, JsonNode whole, Instant askedAt) {
        JsonNode body = shape.root().flatMap(root -> root.in(whole)).orElse(whole);
        return TokenParser.first(shape.lifetime().expiresAt(), body)
                .filter(value -> absolute(value, askedAt)
                        .filter(end -> !end.isAfter(askedAt))
                        .isPresent())
                .map(value -> "The token response says that its token ended at " + TokenParser.clean(value)
                        + ", before it was issued; that end is ignored. Check token.expires_at of the definition.");
    }

    /** A lifetime of 0 means that the token does not expire; anything that is not a positive number means nothing. */
    private static Optional<Long> amount(String text) {
        String value = text.strip();
        if (!value.matches("\\+?\\d{1,19}(\\.\\d{1,15})?([eE]\\+?\\d{1,2})?")) {
            return Optional.empty();
        }
        BigDecimal amount = new BigDecimal(value);
        return amount.compareTo(BigDecimal.ONE) < 0 || amount.compareTo(MOST_AMOUNT) > 0
                ? Optional.empty()
                : Optional.of(amount.longValue());
    }

    /** Epoch seconds, epoch milliseconds, ISO 8601, an HTTP date, or {@code D:HH:MM} from now. */
    static Optional<Instant> absolute(String text, Instant askedAt) {
        String value = text.strip();
        if (value.matches("\\d{1,19}(\\.\\d{1,20})?([eE]\\+?\\d{1,2})?")) {
            return epoch(new BigDecimal(value));
        }
        try {
            if (value.matches("\\d{1,5}:\\d{2}:\\d{2}")) {
                String[] parts = value.split(":");
                return Optional.of(askedAt.plus(Duration.ofDays(Long.parseLong(parts[0]))
                        .plusHours(Long.parseLong(parts[1]))
                        .plusMinutes(Long.parseLong(parts[2]))));
            }
            return date(value);
        } catch (DateTimeException e) {
            return Optional.empty();
        }
    }

    /** Seconds, or by its size milliseconds, microseconds or nanoseconds. */
    private static Optional<Instant> epoch(BigDecimal amount) {
        BigDecimal seconds = amount;
        for (int i = 0; i < 3 && seconds.compareTo(BigDecimal.valueOf(MOST_SECONDS)) > 0; i++) {
            seconds = seconds.movePointLeft(3);
        }
        return seconds.compareTo(BigDecimal.valueOf(MOST_SECONDS)) > 0
                ? Optional.empty()
                : Optional.of(Instant.ofEpochMilli(seconds.movePointRight(3).longValue()));
    }

    private static Optional<Instant> date(String value) {
        Matcher epoch = NET_DATE.matcher(value);
        return epoch.matches() ? epoch(new BigDecimal(epoch.group(1))) : Moments.readStandard(value);
    }
}
