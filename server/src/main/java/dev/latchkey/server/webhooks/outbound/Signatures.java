package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * The headers that prove a delivery's origin: Nango's own, with the newest key, and those of Standard Webhooks (one
 * signature for each valid key, over id, time and body).
 */
public final class Signatures {
    private Signatures() {}

    /** @param keys the newest first, at least one */
    public static Map<String, String> headers(UUID id, Instant time, byte[] body, List<Secret> keys, boolean legacy) {
        Map<String, String> headers = new LinkedHashMap<>();
        String seconds = Long.toString(time.getEpochSecond());
        byte[] head = (id + "." + seconds + ".").getBytes(StandardCharsets.UTF_8);
        StringBuilder signatures = new StringBuilder();
        for (Secret key : keys) {
            signatures
                    .append(signatures.isEmpty() ? "" : " ")
                    .append("v1,")
                    .append(Base64.getEncoder().encodeToString(HashFunction.SHA_256.hmac(bytes(key), head, body)));
        }
        headers.put("webhook-id", id.toString());
        headers.put("webhook-timestamp", seconds);
        headers.put("webhook-signature", signatures.toString());
        headers.put(
                "X-Nango-Hmac-Sha256",
                HexFormat.of().formatHex(HashFunction.SHA_256.hmac(bytes(keys.getFirst()), body)));
        if (legacy) {
            headers.put(
                    "X-Nango-Signature",
                    HexFormat.of().formatHex(HashFunction.SHA_256.digest(bytes(keys.getFirst()), body)));
        }
        return headers;
    }

    /** The key in the format of the Standard Webhooks libraries. */
    public static String standardForm(String key) {
        return "whsec_" + Base64.getEncoder().encodeToString(key.getBytes(StandardCharsets.UTF_8));
    }

    private static byte[] bytes(Secret key) {
        return key.reveal().getBytes(StandardCharsets.UTF_8);
    }
}
