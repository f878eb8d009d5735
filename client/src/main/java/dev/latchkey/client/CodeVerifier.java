package dev.latchkey.client;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * Proves that the user who connected is the one who began (RFC 7636): create one for each connect session, keep it with your
 * user's own session (never in the page), and finish with it.
 *
 * @param value 43 to 128 letters, digits and {@code - . _ ~}; a secret of your backend
 */
public record CodeVerifier(String value) {
    private static final SecureRandom RANDOM = new SecureRandom();

    /** @throws IllegalArgumentException for an invalid value */
    public CodeVerifier {
        if (!value.matches("[A-Za-z0-9._~-]{43,128}")) {
            throw new IllegalArgumentException("a code verifier has 43 to 128 letters, digits and - . _ ~");
        }
    }

    /**
     * A new one, of 256 random bits.
     *
     * <pre>{@code
     * CodeVerifier verifier = CodeVerifier.random();
     * String kept = verifier.value(); // in your user's session
     * }</pre>
     */
    public static CodeVerifier random() {
        byte[] bits = new byte[32];
        RANDOM.nextBytes(bits);
        return new CodeVerifier(Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
    }

    /** Its SHA-256, which may be shown. */
    String challenge() {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(value.getBytes(StandardCharsets.US_ASCII));
            return Base64.getUrlEncoder().withoutPadding().encodeToString(hash);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    /** Without the value. */
    @Override
    public String toString() {
        return "CodeVerifier[…]";
    }
}
