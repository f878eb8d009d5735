package dev.latchkey.server.signing;

import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;

/** The X-WSSE header (WS-Security user name token, as Emarsys and others read it): the digest is hex before it is base64. */
public final class WsseToken {
    private WsseToken() {}

    /** @param nonce printable and different for each call */
    public static String of(String username, Secret password, String nonce, Instant now) {
        String created = now.truncatedTo(ChronoUnit.SECONDS).toString();
        String digest = HexFormat.of().formatHex(sha1(nonce + created + password.reveal()));
        return "UsernameToken Username=\"" + username.replace("\"", "") + "\", PasswordDigest=\""
                + Base64.getEncoder().encodeToString(digest.getBytes(StandardCharsets.US_ASCII)) + "\", Nonce=\""
                + nonce
                + "\", Created=\"" + created + "\"";
    }

    private static byte[] sha1(String text) {
        try {
            return MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has SHA-1", e);
        }
    }
}
