package dev.latchkey.lab;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Self-contained, signed codes and tokens, so that those issued before a restart stay valid after it. The key is derived from the
 * provider's id: these are test tokens that grant nothing outside the lab, and one provider's tokens are invalid at another.
 * Immutable.
 */
final class LabTokens {
    enum Kind {
        CODE,
        /** An OAuth 1.0a request token, bound to its callback. */
        REQUEST,
        ACCESS,
        REFRESH;

        String prefix() {
            return "lab_" + name().toLowerCase(java.util.Locale.ROOT) + "_";
        }
    }

    /**
     * A user's consent.
     *
     * @param family all tokens that came from one consent; {@code id.group} for a second token of the same consent
     * @param scopes by group; the main group's name is empty
     * @param host of the vendor, where the user consented
     */
    record Consent(String family, TestUser user, Map<String, String> scopes, String host) {
        String scope() {
            return scopes.getOrDefault("", "");
        }
    }

    /**
     * @param issuedAt microseconds since 1970, different for every token of one process
     * @param binding what a code is bound to; tokens have none
     */
    record Claims(String id, Consent consent, long issuedAt, long expiresAt, Optional<Binding> binding) {}

    /** The authorization request that a code belongs to (RFC 6749 section 4.1.3, RFC 7636 section 4.6). */
    record Binding(String redirectUri, Optional<String> challenge) {}

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

    private final SecretKeySpec key;

    LabTokens(String providerId) {
        this.key = new SecretKeySpec(LabApp.digest("token key", providerId), "HmacSHA256");
    }

    String write(Kind kind, Claims claims) {
        ObjectNode node = JsonTree.NODES.objectNode();
        node.put("i", claims.id());
        node.put("f", claims.consent().family());
        node.put("u", claims.consent().user().key());
        ObjectNode scopes = node.putObject("s");
        claims.consent().scopes().forEach(scopes::put);
        node.put("h", claims.consent().host());
        node.put("t", claims.issuedAt());
        node.put("e", claims.expiresAt());
        claims.binding().ifPresent(binding -> {
            node.put("r", binding.redirectUri());
            binding.challenge().ifPresent(challenge -> node.put("c", challenge));
        });
        String signed = kind.prefix() + ENCODER.encodeToString(node.toString().getBytes(StandardCharsets.UTF_8));
        return signed + "." + signature(signed);
    }

    /** Empty unless this provider's lab issued it as this kind. Does not check expiry or revocation. */
    Optional<Claims> read(Kind kind, String token) {
        int dot = token.lastIndexOf('.');
        if (dot < 0 || !token.startsWith(kind.prefix())) {
            return Optional.empty();
        }
        String signed = token.substring(0, dot);
        boolean genuine = MessageDigest.isEqual(
                signature(signed).getBytes(StandardCharsets.US_ASCII),
                token.substring(dot + 1).getBytes(StandardCharsets.UTF_8));
        return genuine
                ? claims(Base64.getUrlDecoder()
                        .decode(signed.substring(kind.prefix().length())))
                : Optional.empty();
    }

    private static Optional<Claims> claims(byte[] json) {
        try {
            JsonNode node = JSON.readTree(json);
            Map<String, String> scopes = new LinkedHashMap<>();
            node.path("s")
                    .properties()
                    .forEach(
                            scope -> scopes.put(scope.getKey(), scope.getValue().asString()));
            Optional<Binding> binding = Optional.ofNullable(node.get("r"))
                    .map(uri -> new Binding(
                            uri.asString(), Optional.ofNullable(node.get("c")).map(JsonNode::asString)));
            return TestUser.find(node.path("u").asString(""))
                    .map(user -> new Claims(
                            node.path("i").asString(),
                            new Consent(
                                    node.path("f").asString(),
                                    user,
                                    Map.copyOf(scopes),
                                    node.path("h").asString()),
                            node.path("t").asLong(),
                            node.path("e").asLong(),
                            binding));
        } catch (JacksonException e) {
            // Signed by an older lab with another token format.
            return Optional.empty();
        }
    }

    private String signature(String text) {
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(key);
            return ENCODER.encodeToString(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has HmacSHA256", e);
        }
    }
}
