package dev.latchkey.server.signing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.text.ParseException;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;
import java.util.Optional;
import java.util.UUID;

/** Proof that a request's sender has the key that its token is bound to (RFC 9449 section 4). */
public final class DpopProof {
    private DpopProof() {}

    /** A new P-256 key as a JWK, private part included. */
    public static Secret newKey() {
        try {
            return new Secret(new ECKeyGenerator(Curve.P_256).generate().toJSONString());
        } catch (JOSEException e) {
            throw new AssertionError("every JDK has P-256", e);
        }
    }

    /**
     * @param accessToken that the request carries in addition to the proof; none at the token endpoint
     * @param nonce that the server requested last
     * @throws IllegalArgumentException when the key is not a DPoP key; does not repeat it
     */
    public static String of(
            Secret key, String method, URI uri, Optional<Secret> accessToken, Optional<String> nonce, Instant now) {
        try {
            ECKey jwk = ECKey.parse(key.reveal());
            JWSHeader header = new JWSHeader.Builder(JWSAlgorithm.ES256)
                    .type(new JOSEObjectType("dpop+jwt"))
                    .jwk(jwk.toPublicJWK())
                    .build();
            JWTClaimsSet.Builder claims = new JWTClaimsSet.Builder()
                    .jwtID(UUID.randomUUID().toString())
                    .issueTime(Date.from(now))
                    .claim("htm", method)
                    .claim("htu", withoutQuery(uri));
            accessToken.ifPresent(token -> claims.claim("ath", hash(token.reveal())));
            nonce.ifPresent(value -> claims.claim("nonce", value));
            SignedJWT proof = new SignedJWT(header, claims.build());
            proof.sign(new ECDSASigner(jwk));
            return proof.serialize();
        } catch (ParseException | JOSEException e) {
            throw new IllegalArgumentException("the connection's key is not one for DPoP");
        }
    }

    /** Section 4.2: without query and fragment. */
    private static String withoutQuery(URI uri) {
        return uri.toString().replaceFirst("[?#].*$", "");
    }

    private static String hash(String token) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(HashFunction.SHA_256.digest(token));
    }
}
