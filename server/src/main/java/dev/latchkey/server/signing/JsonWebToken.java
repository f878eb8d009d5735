package dev.latchkey.server.signing;

import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.databind.node.ObjectNode;

/** A signed JSON Web Token (RFC 7519) in compact form (RFC 7515 section 7.1). */
public final class JsonWebToken {
    private static final Base64.Encoder URL = Base64.getUrlEncoder().withoutPadding();

    private JsonWebToken() {}

    /**
     * @param algorithm of RFC 7518 section 3.1, or EdDSA (RFC 8037)
     * @param key a private key for all but HS256 and its kin, whose key is read as {@code encoding} says
     * @param encoding {@code text}, {@code hex}, {@code base64} or {@code pem}
     * @throws IllegalArgumentException when the key is not one for the algorithm; does not repeat it
     */
    public static Secret sign(
            String algorithm, Secret key, String encoding, Map<String, String> header, ObjectNode claims) {
        ObjectNode head = Json.MAPPER.createObjectNode().put("alg", algorithm);
        header.forEach(head::put);
        String signed = encoded(head) + "." + encoded(claims);
        byte[] bytes = signed.getBytes(StandardCharsets.US_ASCII);
        try {
            byte[] signature = algorithm.startsWith("HS")
                    ? hmac("HmacSHA" + algorithm.substring(2), secret(key, encoding), bytes)
                    : PrivateKeys.use(key.reveal(), own -> signature(algorithm, own, bytes));
            return new Secret(signed + "." + URL.encodeToString(signature));
        } catch (GeneralSecurityException e) {
            throw new IllegalArgumentException("the key is not one for " + algorithm);
        }
    }

    private static String encoded(ObjectNode json) {
        return URL.encodeToString(json.toString().getBytes(StandardCharsets.UTF_8));
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

    private static byte[] hmac(String algorithm, byte[] key, byte[] text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance(algorithm);
        mac.init(new SecretKeySpec(key, algorithm));
        return mac.doFinal(text);
    }

    private static byte[] signature(String algorithm, PrivateKey key, byte[] text) throws GeneralSecurityException {
        String hash = algorithm.length() == 5 ? algorithm.substring(2) : "";
        Signature signature = switch (algorithm) {
            case "RS256", "RS384", "RS512" -> Signature.getInstance("SHA" + hash + "withRSA");
            case "PS256", "PS384", "PS512" -> {
                Signature pss = Signature.getInstance("RSASSA-PSS");
                pss.setParameter(new PSSParameterSpec(
                        "SHA-" + hash,
                        "MGF1",
                        new MGF1ParameterSpec("SHA-" + hash),
                        Integer.parseInt(hash) / 8,
                        PSSParameterSpec.TRAILER_FIELD_BC));
                yield pss;
            }
            // RFC 7518 section 3.4: both numbers side by side, not DER.
            case "ES256", "ES384", "ES512" -> Signature.getInstance("SHA" + hash + "withECDSAinP1363Format");
            case "EdDSA" -> Signature.getInstance("Ed25519");
            default -> throw new IllegalArgumentException(algorithm + " is no algorithm of JSON Web Signature");
        };
        signature.initSign(key);
        signature.update(text);
        return signature.sign();
    }
}
