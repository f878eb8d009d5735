package dev.latchkey.lab;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.SecretKey;

/** A JSON Web Token as a vendor checks it, with a library that did not create it. */
final class JwtCheck {
    private JwtCheck() {}

    /**
     * @param claims that must be present with these values; {@code aud} may be one of several
     * @return what is wrong; empty when it is good
     */
    static Optional<String> problem(
            String token, String algorithm, Key key, Map<String, String> claims, Duration longest, Instant now) {
        try {
            SignedJWT jwt = SignedJWT.parse(token);
            if (!jwt.getHeader().getAlgorithm().getName().equals(algorithm)) {
                return Optional.of("the token's algorithm must be " + algorithm);
            }
            if (!verified(jwt, key)) {
                return Optional.of("the token's signature is wrong");
            }
            JWTClaimsSet set = jwt.getJWTClaimsSet();
            if (set.getExpirationTime() == null || set.getIssueTime() == null) {
                return Optional.of("the token has no iat or exp");
            }
            Instant issued = set.getIssueTime().toInstant();
            Instant end = set.getExpirationTime().toInstant();
            if (!end.isAfter(now) || issued.isAfter(now.plusSeconds(5))) {
                return Optional.of("the token is not valid now");
            }
            if (Duration.between(issued, end).compareTo(longest) > 0) {
                return Optional.of("the token lives too long");
            }
            return claims.entrySet().stream()
                    .filter(claim -> !matches(set, claim.getKey(), claim.getValue()))
                    .map(claim -> "the token's " + claim.getKey() + " is missing or wrong")
                    .findFirst();
        } catch (ParseException | JOSEException | GeneralSecurityException e) {
            return Optional.of("the token cannot be read");
        }
    }

    private static boolean matches(JWTClaimsSet set, String name, String value) {
        return name.equals("aud")
                ? set.getAudience().contains(value)
                : value.equals(String.valueOf(set.getClaim(name)));
    }

    static Optional<String> header(String token, String name) {
        try {
            return Optional.ofNullable(
                            SignedJWT.parse(token).getHeader().toJSONObject().get(name))
                    .map(String::valueOf);
        } catch (ParseException e) {
            return Optional.empty();
        }
    }

    private static boolean verified(SignedJWT jwt, Key key) throws JOSEException, GeneralSecurityException {
        if (key instanceof PublicKey edwards && List.of("EdDSA", "Ed25519").contains(key.getAlgorithm())) {
            Signature check = Signature.getInstance("Ed25519");
            check.initVerify(edwards);
            check.update(
                    new String(jwt.getSigningInput(), StandardCharsets.US_ASCII).getBytes(StandardCharsets.US_ASCII));
            return check.verify(jwt.getSignature().decode());
        }
        JWSVerifier verifier = switch (key) {
            case RSAPublicKey rsa -> new RSASSAVerifier(rsa);
            case ECPublicKey ec -> new ECDSAVerifier(ec);
            case SecretKey secret -> new MACVerifier(secret.getEncoded());
            default -> throw new GeneralSecurityException("no such key");
        };
        return jwt.verify(verifier);
    }
}
