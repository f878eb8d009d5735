package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The claims of a JSON Web Token by which a vendor proves a request (RFC 7519); its signature has been verified. */
record VendorToken(JsonNode claims) {
    private static final Duration CLOCKS_DIFFER = Duration.ofMinutes(1);
    /** For no other algorithm is the secret a key (RFC 8725 section 3.1). */
    private static final String HS256 = "HS256";

    /** Empty unless it is signed by HMAC-SHA256 with the secret. */
    static Optional<VendorToken> signedWith(Secret secret, String compact) {
        String[] parts = compact.split("\\.", -1);
        if (parts.length != 3 || secret.reveal().isEmpty()) {
            return Optional.empty();
        }
        byte[] expected = HashFunction.SHA_256.hmac(utf8(secret.reveal()), utf8(parts[0] + "." + parts[1]));
        return decoded(parts[2])
                .filter(signature -> MessageDigest.isEqual(signature, expected))
                .flatMap(signature -> json(parts[0]))
                .filter(header -> header.path("alg").asString("").equals(HS256))
                .flatMap(header -> json(parts[1]))
                .map(VendorToken::new);
    }

    private static Optional<JsonNode> json(String part) {
        try {
            return decoded(part).map(Json.MAPPER::readTree).filter(JsonNode::isObject);
        } catch (JacksonException e) {
            return Optional.empty();
        }
    }

    private static Optional<byte[]> decoded(String part) {
        try {
            return Optional.of(Base64.getUrlDecoder().decode(part));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    boolean isValidAt(Instant now) {
        JsonNode end = claims.path("exp");
        JsonNode start = claims.path("nbf");
        return (end.isMissingNode()
                        || end.isNumber() && now.minus(CLOCKS_DIFFER).getEpochSecond() < end.asLong())
                && (start.isMissingNode()
                        || start.isNumber() && now.plus(CLOCKS_DIFFER).getEpochSecond() >= start.asLong());
    }

    /** Of a claim that is a list, one member must be it ({@code aud}, RFC 7519 section 4.1.3). */
    boolean says(String claim, String expected) {
        JsonNode said = claims.path(claim);
        return said.isArray()
                ? said.values().stream().anyMatch(one -> one.asString("").equals(expected))
                : said.isValueNode() && said.asString("").equals(expected);
    }
}
