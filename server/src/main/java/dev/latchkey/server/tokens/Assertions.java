package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.JsonWebToken;
import dev.latchkey.server.signing.SamlAssertion;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** Assertions and tokens that are signed here, with the claims of a definition. */
final class Assertions {
    /** NumericDate (RFC 7519 section 2). */
    private static final Set<String> TIMES = Set.of("iat", "exp", "nbf", "auth_time");

    /** Another clock may be behind ours; a token issued a minute ago is valid there, too. */
    private static final Duration SKEW = Duration.ofSeconds(60);

    private Assertions() {}

    public static Secret of(Auth.Assertion assertion, ValuesOf values, Instant now) {
        return of(assertion, expand(assertion.claims(), values), values, now);
    }

    /** RFC 7523 section 3: issuer and subject are the client, the audience is the token endpoint. */
    static Secret ofClient(Auth.Assertion assertion, String clientId, URI endpoint, ValuesOf values, Instant now) {
        Map<String, String> claims = new LinkedHashMap<>();
        claims.put("iss", clientId);
        claims.put("sub", clientId);
        claims.put("aud", endpoint.toString());
        claims.put("jti", UUID.randomUUID().toString());
        claims.putAll(expand(assertion.claims(), values));
        return of(assertion, claims, values, now);
    }

    private static Secret of(Auth.Assertion assertion, Map<String, String> claims, ValuesOf values, Instant now) {
        Secret key = key(assertion.key(), values);
        return switch (assertion.type()) {
            case SAML -> SamlAssertion.of(key, UUID.randomUUID().toString(), claims, assertion.lifetime(), now);
            case JWT -> {
                // The lifetime that a vendor allows counts from the issue, and may be exact (GitHub: ten minutes).
                Instant issued = now.minus(SKEW);
                yield JsonWebToken.sign(
                        assertion.algorithm(),
                        key,
                        "pem",
                        header(assertion.header(), values),
                        claims(claims, issued, issued.plus(assertion.lifetime())));
            }
        };
    }

    static Secret key(Text key, ValuesOf values) {
        return key.expand(values)
                .map(Secret::new)
                .orElseThrow(() -> new IllegalArgumentException("the private key is missing"));
    }

    static Map<String, String> header(Map<String, Text> header, ValuesOf values) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("typ", "JWT");
        all.putAll(expand(header, values));
        return all;
    }

    static ObjectNode claims(Map<String, String> claims, Instant issued, Instant end) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("iat", issued.getEpochSecond()).put("exp", end.getEpochSecond());
        claims.forEach((name, value) -> {
            if (TIMES.contains(name) && value.matches("\\d{1,12}")) {
                json.put(name, Long.parseLong(value));
            } else {
                json.put(name, value);
            }
        });
        return json;
    }

    static Map<String, String> expand(Map<String, Text> texts, ValuesOf values) {
        Map<String, String> found = new LinkedHashMap<>();
        texts.forEach((name, text) -> text.expand(values).ifPresent(value -> found.put(name, value)));
        return found;
    }
}
