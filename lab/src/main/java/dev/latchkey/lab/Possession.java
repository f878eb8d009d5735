package dev.latchkey.lab;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A vendor that binds tokens to keys (RFC 9449): strict about every claim of a proof, and requires its nonce in each. Thread-safe. */
final class Possession {
    private static final int LIMIT = 10_000;
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    private final Grants grants;
    private final InstantSource clock;
    private final String nonce;
    /** The thumbprint of the key by the consent. */
    private final Map<String, String> keys = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, String> eldest) {
            return size() > LIMIT;
        }
    };

    /** Proofs work once (section 11.1). */
    private final Map<String, Boolean> proofs = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
            return size() > LIMIT;
        }
    };

    Possession(String providerId, Grants grants, InstantSource clock) {
        this.grants = grants;
        this.clock = clock;
        this.nonce = HexFormat.of().formatHex(LabApp.digest("dpop nonce", providerId), 0, 8);
    }

    private static final class Unproven extends Exception {
        private static final long serialVersionUID = 1;
        private final String code;

        Unproven(String code, String message) {
            super(message);
            this.code = code;
        }
    }

    /** Section 5. @param issue issues the tokens once the proof is valid */
    synchronized Answer bind(LabRequest request, java.util.function.Supplier<Answer> issue) {
        String key;
        try {
            key = key(request, Optional.empty());
        } catch (Unproven e) {
            return Answer.error(400, e.code, String.valueOf(e.getMessage())).with("dpop-nonce", nonce);
        }
        Answer answer = issue.get();
        if (answer.status() != 200) {
            return answer;
        }
        ObjectNode body = (ObjectNode) JsonMapper.shared().readTree(answer.body());
        JsonNode token = body.path("access_token");
        String family = grants.live(token.asString(""))
                .map(claims -> claims.consent().family())
                .orElse("");
        if (!keys.computeIfAbsent(family, unknown -> key).equals(key)) {
            return Answer.error(400, "invalid_dpop_proof", "The grant is bound to another key.");
        }
        body.put("token_type", "DPoP");
        return Answer.json(200, body, "bound tokens issued");
    }

    /** Section 7. @return what is wrong; empty when the request may continue */
    synchronized Optional<Answer> refusal(LabRequest request) {
        String header = request.header("authorization").orElse("");
        if (!header.regionMatches(true, 0, "DPoP ", 0, 5)) {
            return Optional.of(unproven("invalid_token", "The scheme must be DPoP."));
        }
        String token = header.substring(5).strip();
        try {
            String key = key(request, Optional.of(token));
            String bound = grants.live(token)
                    .map(claims -> claims.consent().family())
                    .map(family -> keys.getOrDefault(family, ""))
                    .orElse("");
            return bound.equals(key)
                    ? Optional.empty()
                    : Optional.of(unproven("invalid_token", "The token is bound to another key, or invalid."));
        } catch (Unproven e) {
            return Optional.of(unproven(e.code, String.valueOf(e.getMessage())));
        }
    }

    private Answer unproven(String code, String message) {
        return Answer.error(401, code, message)
                .with("www-authenticate", "DPoP error=\"" + code + "\", algs=\"ES256\"")
                .with("dpop-nonce", nonce);
    }

    /** Section 4.3. @return the thumbprint of the key that the proof is signed with */
    private String key(LabRequest request, Optional<String> token) throws Unproven {
        try {
            SignedJWT proof = SignedJWT.parse(request.header("dpop").orElse(""));
            if (!"dpop+jwt".equals(String.valueOf(proof.getHeader().getType()))
                    || !(proof.getHeader().getJWK() instanceof ECKey jwk)
                    || jwk.isPrivate()
                    || !proof.verify(new ECDSAVerifier(jwk))) {
                throw new Unproven("invalid_dpop_proof", "The proof's type, key or signature is wrong.");
            }
            JWTClaimsSet claims = proof.getJWTClaimsSet();
            Instant issued = claims.getIssueTime().toInstant();
            boolean now = Duration.between(issued, clock.instant()).abs().compareTo(TOLERANCE) < 0;
            if (!request.method().equals(claims.getStringClaim("htm"))
                    || !("https://" + request.location()).equals(claims.getStringClaim("htu"))
                    || !now
                    || token.isPresent() && !hash(token.get()).equals(claims.getStringClaim("ath"))) {
                throw new Unproven("invalid_dpop_proof", "The proof is for another request, token or time.");
            }
            if (!nonce.equals(claims.getStringClaim("nonce"))) {
                throw new Unproven("use_dpop_nonce", "The proof must carry this server's nonce.");
            }
            if (claims.getJWTID() == null || proofs.putIfAbsent(claims.getJWTID(), true) != null) {
                throw new Unproven("invalid_dpop_proof", "The proof was used before.");
            }
            return jwk.computeThumbprint().toString();
        } catch (ParseException | JOSEException e) {
            throw new Unproven("invalid_dpop_proof", "The proof is missing or unreadable.");
        }
    }

    private static String hash(String token) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }
}
