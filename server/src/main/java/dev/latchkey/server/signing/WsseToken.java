package dev.latchkey.server.signing;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
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
        String digest = HexFormat.of().formatHex(HashFunction.SHA_1.digest(nonce + created + password.reveal()));
        return "UsernameToken Username=\"" + username.replace("\"", "") + "\", PasswordDigest=\""
                + Base64.getEncoder().encodeToString(digest.getBytes(StandardCharsets.US_ASCII)) + "\", Nonce=\""
                + nonce
                + "\", Created=\"" + created + "\"";
    }
}
