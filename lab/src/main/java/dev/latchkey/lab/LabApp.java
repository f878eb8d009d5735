package dev.latchkey.lab;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Base64;

/**
 * The credentials of the app that the lab has registered at a provider that it plays. They follow from the provider's id
 * alone, so that an integration stays valid when the process starts again; they open nothing outside the lab.
 */
public record LabApp(String clientId, String clientSecret) {

    static LabApp of(String providerId) {
        // The plus sign finds clients that forget to encode, or that encode where the vendor does not decode.
        String secret = "lab_secret_+"
                + Base64.getUrlEncoder().withoutPadding().encodeToString(digest("client secret", providerId));
        return new LabApp("lab-" + providerId, secret);
    }

    static byte[] digest(String purpose, String providerId) {
        try {
            return MessageDigest.getInstance("SHA-256")
                    .digest(("latchkey lab/" + purpose + "/" + providerId).getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "LabApp[" + clientId + "]";
    }
}
