package dev.latchkey.server.tokens;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.json.Nul;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** What a token that a vendor just gave us says of itself, read without checking its signature: it came from the vendor itself over TLS. */
final class Claims {
    private Claims() {}

    /** Empty for what is no JWT. */
    public static Optional<JsonNode> of(String token) {
        String[] parts = token.split("\\.", -1);
        if (parts.length != 3) {
            return Optional.empty();
        }
        try {
            return Optional.of(Nul.leftOut(
                            Json.MAPPER.readTree(Base64.getUrlDecoder().decode(parts[1]))))
                    .filter(JsonNode::isObject);
        } catch (IllegalArgumentException | JacksonException e) {
            return Optional.empty();
        }
    }

    /** {@code exp} (RFC 7519 section 4.1.4). */
    static Optional<Instant> end(String token) {
        return of(token)
                .map(claims -> claims.path("exp"))
                .filter(JsonNode::isNumber)
                .map(exp -> Moments.ofEpochSecond(exp.doubleValue()));
    }
}
