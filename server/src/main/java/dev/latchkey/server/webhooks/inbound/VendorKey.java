package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.catalogue.keys.KeyLimits;
import dev.latchkey.catalogue.model.Webhook.Verify;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.EdECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** The public key by which a vendor's signatures are verified. */
record VendorKey(Algorithm algorithm, PublicKey key) {
    /** Of signatures that stand alone, and of those of tokens. */
    enum Algorithm {
        RSA_SHA256("RSA", "SHA256withRSA"),
        RSA_SHA512("RSA", "SHA512withRSA"),
        /** In ASN.1 (RFC 3279 section 2.2.3). */
        ECDSA_SHA256("EC", "SHA256withECDSA"),
        /** Two numbers of 32 bytes each (RFC 7518 section 3.4). */
        ES256("EC", "SHA256withECDSAinP1363Format"),
        ED25519("Ed25519", "Ed25519");

        private final String family;
        private final String signature;

        Algorithm(String family, String signature) {
            this.family = family;
            this.signature = signature;
        }

        static Algorithm of(Verify.PublicKey.Algorithm algorithm) {
            return switch (algorithm) {
                case RSA_SHA256 -> RSA_SHA256;
                case RSA_SHA512 -> RSA_SHA512;
                case ECDSA_SHA256 -> ECDSA_SHA256;
                case ED25519 -> ED25519;
            };
        }
    }

    /** RFC 8410 section 4: what precedes the 32 bytes of an Ed25519 key in its DER. */
    private static final byte[] ED25519 = HexFormat.of().parseHex("302a300506032b6570032100");

    private static final int ED25519_HEX = 64;

    /** @param text in PEM, as the base64 of its DER, or, of an Ed25519 key, as the hex of its 32 bytes; empty if it is none of them */
    static Optional<VendorKey> of(Algorithm algorithm, String text) {
        try {
            return of(
                    algorithm,
                    KeyFactory.getInstance(algorithm.family)
                            .generatePublic(new X509EncodedKeySpec(der(algorithm, text))));
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** Empty if it is for another algorithm, or verifying would be expensive. */
    static Optional<VendorKey> of(Algorithm algorithm, PublicKey key) {
        boolean fits = switch (key) {
            case RSAPublicKey rsa -> algorithm.family.equals("RSA") && isCheap(rsa);
            case ECPublicKey ec -> algorithm.family.equals("EC");
            case EdECPublicKey edwards -> algorithm.family.equals("Ed25519");
            default -> false;
        };
        return fits ? Optional.of(new VendorKey(algorithm, key)) : Optional.empty();
    }

    /** @param bytes the 32 of an Ed25519 key */
    static Optional<VendorKey> ofEdwards(Algorithm algorithm, byte[] bytes) {
        return of(algorithm, HexFormat.of().formatHex(bytes));
    }

    private static boolean isCheap(RSAPublicKey key) {
        try {
            KeyLimits.check(key);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private static byte[] der(Algorithm algorithm, String text) {
        String bare = text.replaceAll("-----[A-Z ]+-----", "").strip();
        if (algorithm == Algorithm.ED25519 && bare.length() == ED25519_HEX) {
            return HexFormat.of().parseHex(HexFormat.of().formatHex(ED25519) + bare);
        }
        return Base64.getMimeDecoder().decode(bare);
    }

    boolean signed(byte[] text, byte[] signature) {
        try {
            Signature check = Signature.getInstance(algorithm.signature);
            check.initVerify(key);
            check.update(text);
            return check.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
