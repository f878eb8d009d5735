package dev.latchkey.server.signing;

import com.google.crypto.tink.subtle.Ed25519Sign;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.Ed25519Signer;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.OctetKeyPair;
import com.nimbusds.jose.util.Base64URL;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.PrivateKey;
import java.security.interfaces.ECPrivateKey;
import java.security.interfaces.EdECPrivateKey;
import java.security.interfaces.RSAPrivateKey;
import java.text.ParseException;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** A signed JSON Web Token (RFC 7519) in compact form (RFC 7515 section 7.1). */
public final class JsonWebToken {
    private JsonWebToken() {}

    /**
     * @param algorithm of RFC 7518 section 3.1, or EdDSA (RFC 8037)
     * @param key a private key, or for HS256 and similar a key in the form of {@code encoding}
     * @param encoding {@code text}, {@code hex}, {@code base64} or {@code pem}
     * @throws IllegalArgumentException when the key does not fit the algorithm; does not repeat it
     */
    public static Secret sign(
            String algorithm, Secret key, String encoding, Map<String, String> header, ObjectNode claims) {
        ObjectNode head = Json.MAPPER.createObjectNode().put("alg", algorithm);
        header.forEach(head::put);
        try {
            JWSObject token = new JWSObject(JWSHeader.parse(head.toString()), new Payload(claims.toString()));
            if (algorithm.startsWith("HS")) {
                token.sign(new MACSigner(longEnough(secret(key, encoding), algorithm)));
                return new Secret(token.serialize());
            }
            return PrivateKeys.use(key.reveal(), own -> {
                signWith(own, token);
                return new Secret(token.serialize());
            });
        } catch (ParseException e) {
            throw new IllegalArgumentException("the token's header is not one of JSON Web Signature");
        } catch (JOSEException | GeneralSecurityException e) {
            throw new IllegalArgumentException("the key is not one for " + algorithm);
        }
    }

    private static byte[] secret(Secret key, String encoding) {
        String text = key.reveal().strip();
        try {
            return switch (encoding) {
                case "hex" -> HexFormat.of().parseHex(text);
                case "base64" -> Base64.getDecoder().decode(text);
                default -> text.getBytes(StandardCharsets.UTF_8);
            };
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the key is not " + encoding);
        }
    }

    /**
     * RFC 7518 section 3.2 wants a secret as long as the hash, and some vendors issue shorter ones. An HMAC fills its key up with zeros
     * (RFC 2104 section 2), so that filling it up here changes nothing.
     */
    private static byte[] longEnough(byte[] secret, String algorithm) {
        if (secret.length == 0) {
            throw new IllegalArgumentException("the key is empty");
        }
        int bytes = switch (algorithm) {
            case "HS384" -> 48;
            case "HS512" -> 64;
            default -> 32;
        };
        return Arrays.copyOf(secret, Math.max(secret.length, bytes));
    }

    private static void signWith(PrivateKey key, JWSObject token) throws GeneralSecurityException {
        try {
            token.sign(signer(key));
        } catch (JOSEException e) {
            throw new InvalidKeyException(e);
        }
    }

    private static JWSSigner signer(PrivateKey key) throws JOSEException, GeneralSecurityException {
        return switch (key) {
            case RSAPrivateKey rsa -> new RSASSASigner(rsa);
            case ECPrivateKey curve -> new ECDSASigner(curve);
            case EdECPrivateKey edwards -> new Ed25519Signer(keyPair(edwards));
            default -> throw new InvalidKeyException("not a key of JSON Web Signature");
        };
    }

    private static OctetKeyPair keyPair(EdECPrivateKey key) throws GeneralSecurityException {
        byte[] seed = key.getBytes().orElseThrow(() -> new InvalidKeyException("not a key in software"));
        byte[] shared = Ed25519Sign.KeyPair.newKeyPairFromSeed(seed).getPublicKey();
        return new OctetKeyPair.Builder(Curve.Ed25519, Base64URL.encode(shared))
                .d(Base64URL.encode(seed))
                .build();
    }
}
