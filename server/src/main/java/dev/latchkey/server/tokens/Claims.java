package dev.latchkey.server.tokens;

import com.nimbusds.jose.JOSEObject;
import com.nimbusds.jose.util.Base64URL;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.json.Storable;
import java.text.ParseException;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The claims of a token that a vendor has just issued, read without checking its signature: it came from the vendor itself over TLS. */
final class Claims {
    /** Header, payload, signature; what has more parts is encrypted. */
    private static final int SIGNED = 3;

    private Claims() {}

    /** Empty if it is not a JWT. */
    public static Optional<JsonNode> of(String token) {
        try {
            Base64URL[] parts = JOSEObject.split(token);
            return parts.length != SIGNED
                    ? Optional.empty()
                    : Optional.of(Storable.of(Json.MAPPER.readTree(parts[1].decode())))
                            .filter(JsonNode::isObject);
        } catch (ParseException | JacksonException e) {
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
