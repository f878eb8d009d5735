package dev.latchkey.server.vendors;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.time.Instant;
import java.util.Base64;
import java.util.regex.Pattern;

/** Tokens that say themselves when they end: {@code {jwt 3600 a1}} of an expectation becomes a JWT that ends in an hour. */
final class PlayedTokens {
    private static final Pattern JWT = Pattern.compile("\\{jwt (\\d+) ([a-z0-9-]+)}");

    private PlayedTokens() {}

    static String in(String text, Instant now) {
        return JWT.matcher(text)
                .replaceAll(found -> part("{\"alg\":\"RS256\"}") + "."
                        + part("{\"jti\":\"" + found.group(2) + "\",\"exp\":"
                                + now.plusSeconds(Long.parseLong(found.group(1)))
                                        .getEpochSecond() + "}")
                        + ".c2lnbmF0dXJl");
    }

    private static String part(String json) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(json.getBytes(UTF_8));
    }
}
