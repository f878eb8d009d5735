package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs the query of a callback as a definition's {@code callback_check} says: an HMAC over {@code name=value} in order of name. */
final class CallbackSignature {
    private CallbackSignature() {}

    static String of(Auth.CallbackCheck check, LabApp app, Map<String, String> query) {
        String text = new TreeMap<>(query)
                .entrySet().stream()
                        .map(parameter -> parameter.getKey() + "=" + parameter.getValue())
                        .collect(Collectors.joining("&"));
        String key = check.key()
                .expand(reference -> {
                    if (!reference.root().equals("app")) {
                        return Optional.empty();
                    }
                    return reference.path().equals(List.of("clientSecret"))
                            ? Optional.of(app.clientSecret())
                            : Optional.of(app.clientId())
                                    .filter(id -> reference.path().equals(List.of("clientId")));
                })
                .orElseThrow(() -> new IllegalStateException("the definition signs with a key that the lab lacks"));
        byte[] signature = hmac(check.hmac(), key, text);
        return check.encoding().equals("base64")
                ? Base64.getEncoder().encodeToString(signature)
                : HexFormat.of().formatHex(signature);
    }

    private static byte[] hmac(String algorithm, String key, String text) {
        try {
            String name = "Hmac" + algorithm.toUpperCase(Locale.ROOT);
            Mac mac = Mac.getInstance(name);
            mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), name));
            return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the definition names an HMAC that the JDK lacks", e);
        }
    }
}
