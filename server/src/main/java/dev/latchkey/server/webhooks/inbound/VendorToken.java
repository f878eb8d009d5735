package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.model.Webhook.Verify;
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

    /** A token that has not been verified. */
    record Unproven(String signed, JsonNode header, JsonNode claims, byte[] signature) {
        /** Of the key that signed it, if it says so. */
        Optional<String> keyId() {
            return Optional.of(header.path("kid").asString("")).filter(id -> !id.isEmpty());
        }

        /** RFC 8725 section 3.1: a token that names another algorithm is none. */
        boolean isOf(Verify.Token.Algorithm algorithm) {
            return header.path("alg").asString("").equals(algorithm.name());
        }

        /** Empty unless it is signed with the secret. */
        Optional<VendorToken> signedWith(Secret secret) {
            return !secret.reveal().isEmpty()
                            && MessageDigest.isEqual(
                                    signature, HashFunction.SHA_256.hmac(utf8(secret.reveal()), utf8(signed)))
                    ? Optional.of(new VendorToken(claims))
                    : Optional.empty();
        }

        /** Empty unless it is signed by the key's owner. */
        Optional<VendorToken> signedBy(VendorKey key) {
            return key.signed(utf8(signed), signature) ? Optional.of(new VendorToken(claims)) : Optional.empty();
        }
    }

    /** Empty if it is none (RFC 7515 section 7.1). */
    static Optional<Unproven> read(String compact) {
        String[] parts = compact.split("\\.", -1);
        if (parts.length != 3) {
            return Optional.empty();
        }
        return decoded(parts[2])
                .flatMap(signature -> json(parts[0])
                        .flatMap(header -> json(parts[1])
                                .map(claims -> new Unproven(parts[0] + "." + parts[1], header, claims, signature))));
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

    /** Whether it was made at most so long ago. */
    boolean isYounger(Duration age, Instant now) {
        JsonNode made = claims.path("iat");
        return made.isNumber()
                && Duration.between(Instant.ofEpochSecond(made.asLong()), now)
                                .abs()
                                .compareTo(age)
                        <= 0;
    }

    /** Of a claim that is a list, one member must be it ({@code aud}, RFC 7519 section 4.1.3). */
    boolean says(String claim, String expected) {
        JsonNode said = claims.path(claim);
        return said.isArray()
                ? said.values().stream().anyMatch(one -> one.asString("").equals(expected))
                : said.isValueNode() && said.asString("").equals(expected);
    }
}
