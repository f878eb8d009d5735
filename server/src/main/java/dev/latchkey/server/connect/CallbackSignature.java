package dev.latchkey.server.connect;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.tokens.ValuesOf;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Some vendors sign the authorization response's query (Shopify: HMAC-SHA256 over the other parameters, sorted by name); without a
 * valid signature it is not from them.
 */
final class CallbackSignature {
    private CallbackSignature() {}

    /** @throws FlowRefusedException when the signature is missing or wrong */
    static void check(Auth.CallbackCheck check, Map<String, String> callback, ValuesOf values) {
        String key = check.key()
                .expand(values)
                .filter(text -> !text.isEmpty())
                .orElseThrow(() -> new FlowRefusedException(
                        "invalid_signature",
                        "The provider's signature cannot be checked: the integration has no secret for it."));
        String given = callback.getOrDefault(check.param(), "");
        String expected = signature(check, callback, key);
        String comparable = check.encoding().equals("hex") ? given.toLowerCase(Locale.ROOT) : given;
        if (!MessageDigest.isEqual(
                comparable.getBytes(StandardCharsets.UTF_8), expected.getBytes(StandardCharsets.UTF_8))) {
            throw new FlowRefusedException("invalid_signature", "The callback is not signed by the provider.");
        }
    }

    private static String signature(Auth.CallbackCheck check, Map<String, String> callback, String key) {
        Map<String, String> sorted = new TreeMap<>(callback);
        sorted.remove(check.param());
        String text = sorted.entrySet().stream()
                .map(entry -> entry.getKey() + "=" + entry.getValue())
                .collect(Collectors.joining("&"));
        byte[] bytes = HashFunction.named(check.hmac().toLowerCase(Locale.ROOT))
                .orElseThrow(() ->
                        new FlowRefusedException("invalid_signature", "The provider's signature cannot be checked."))
                .hmac(key, text);
        return check.encoding().equals("base64")
                ? Base64.getEncoder().encodeToString(bytes)
                : HexFormat.of().formatHex(bytes);
    }
}
