package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.JsonPath;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Where a token response carries each value. Of each list, the first path that is present counts.
 *
 * @param keepRefresh the refresh token of the first response stays valid, whatever later responses carry
 * @param keepAccess a refresh may return no token: the current one stays valid
 * @param errors the vendor's own words for what is wrong
 */
public record TokenShape(
        Optional<JsonPath> root,
        List<JsonPath> access,
        List<JsonPath> refresh,
        Lifetime lifetime,
        boolean keepRefresh,
        boolean keepAccess,
        TokenErrors errors) {
    /**
     * How long the tokens work.
     *
     * @param unit of {@code expiresIn}
     * @param ttl if the response does not say
     * @param refreshExpiresIn lifetime of the refresh token, where the vendor says it
     */
    public record Lifetime(
            List<JsonPath> expiresIn,
            List<JsonPath> expiresAt,
            Duration unit,
            Optional<Duration> ttl,
            List<JsonPath> refreshExpiresIn) {
        public static final Lifetime STANDARD = new Lifetime(
                List.of(JsonPath.parse("expires_in")),
                List.of(JsonPath.parse("expires_at")),
                Duration.ofSeconds(1),
                Optional.empty(),
                List.of(
                        JsonPath.parse("refresh_token_expires_in"),
                        JsonPath.parse("refresh_expires_in"),
                        JsonPath.parse("x_refresh_token_expires_in")));
    }

    public static final TokenShape STANDARD = new TokenShape(
            Optional.empty(),
            List.of(JsonPath.parse("access_token")),
            List.of(JsonPath.parse("refresh_token")),
            Lifetime.STANDARD,
            false,
            false,
            TokenErrors.NONE);
}
