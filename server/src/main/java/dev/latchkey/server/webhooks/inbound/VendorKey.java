package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.keys.KeyLimits;
import dev.latchkey.catalogue.model.Webhook.Verify.PublicKey.Algorithm;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** The public key by which a vendor's signatures are verified. */
record VendorKey(Algorithm algorithm, PublicKey key) {
    /** RFC 8410 section 4: what precedes the 32 bytes of an Ed25519 key in its DER. */
    private static final byte[] ED25519 = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final int ED25519_HEX = 64;

    /** @param text in PEM, as the base64 of its DER, or, of an Ed25519 key, as the hex of its 32 bytes; empty if it is none of them */
    static Optional<VendorKey> of(Algorithm algorithm, String text) {
        try {
            PublicKey key = KeyFactory.getInstance(family(algorithm))
                    .generatePublic(new X509EncodedKeySpec(der(algorithm, text)));
            if (key instanceof RSAPublicKey rsa) {
                KeyLimits.check(rsa);
            }
            return Optional.of(new VendorKey(algorithm, key));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private static byte[] der(Algorithm algorithm, String text) {
        String bare = text.replaceAll("-----[A-Z ]+-----", "").strip();
        if (algorithm == Algorithm.ED25519 && bare.length() == ED25519_HEX) {
            return HexFormat.of().parseHex(HexFormat.of().formatHex(ED25519) + bare);
        }
        return Base64.getMimeDecoder().decode(bare);
    }

    private static String family(Algorithm algorithm) {
        return switch (algorithm) {
            case RSA_SHA256, RSA_SHA512 -> "RSA";
            case ECDSA_SHA256 -> "EC";
            case ED25519 -> "Ed25519";
        };
    }

    /** ECDSA signatures are in ASN.1 (RFC 3279 section 2.2.3). */
    boolean signed(byte[] text, byte[] signature) {
        try {
            Signature check = Signature.getInstance(
                    switch (algorithm) {
                        case RSA_SHA256 -> "SHA256withRSA";
                        case RSA_SHA512 -> "SHA512withRSA";
                        case ECDSA_SHA256 -> "SHA256withECDSA";
                        case ED25519 -> "Ed25519";
                    });
            check.initVerify(key);
            check.update(text);
            return check.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
