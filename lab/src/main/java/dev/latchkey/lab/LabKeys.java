package dev.latchkey.lab;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.spec.ECGenParameterSpec;
import java.util.Base64;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Key pairs of play accounts and apps. They follow from the provider's id alone, like every credential of the lab, so that entered
 * values stay valid after a restart; they grant nothing outside it. Created on first use.
 */
final class LabKeys {
    private static final Map<String, KeyPair> MADE = new ConcurrentHashMap<>();

    private LabKeys() {}

    /** @param algorithm of JSON Web Signature, by which the kind of key goes */
    static KeyPair of(String providerId, String purpose, String algorithm) {
        String kind = algorithm.startsWith("ES") || algorithm.startsWith("ecdsa")
                ? "EC"
                : algorithm.equals("EdDSA") || algorithm.equals("ed25519") ? "Ed25519" : "RSA";
        return MADE.computeIfAbsent(providerId + "/" + purpose + "/" + kind, name -> make(kind, name));
    }

    private static KeyPair make(String kind, String name) {
        try {
            // Seeded before its first use, this generator is repeatable; a play key may be.
            SecureRandom repeatable = SecureRandom.getInstance("SHA1PRNG");
            repeatable.setSeed(LabApp.digest("key pair", name));
            KeyPairGenerator generator = KeyPairGenerator.getInstance(kind);
            if (kind.equals("EC")) {
                generator.initialize(new ECGenParameterSpec("secp256r1"), repeatable);
            } else {
                generator.initialize(kind.equals("RSA") ? 2048 : 255, repeatable);
            }
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + kind, e);
        }
    }

    static String pem(KeyPair keys) {
        return "-----BEGIN PRIVATE KEY-----\n"
                + Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                        .encodeToString(keys.getPrivate().getEncoded())
                + "\n-----END PRIVATE KEY-----\n";
    }
}
