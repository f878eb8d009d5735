package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Verifies and reads webhooks. Give it the body's bytes as they came: parsed and written again they have another signature.
 *
 * <pre>{@code
 * Webhooks webhooks = Webhooks.signedWith(signingKey);
 * WebhookEvent event = webhooks.verify(body, headers);
 * }</pre>
 *
 * <p>Thread-safe.
 */
public final class Webhooks {
    private static final Duration TOLERANCE = Duration.ofMinutes(5);
    private static final String ALGORITHM = "HmacSHA256";
    private static final String STANDARD_PREFIX = "whsec_";

    private final String signingKey;
    private final InstantSource clock;

    Webhooks(String signingKey, InstantSource clock) {
        if (signingKey.isBlank()) {
            throw new IllegalArgumentException("the webhook signing key is empty");
        }
        this.signingKey = signingKey;
        this.clock = clock;
    }

    /** @param signingKey the environment's webhook signing key, which is not its secret key */
    public static Webhooks signedWith(String signingKey) {
        return new Webhooks(signingKey, InstantSource.system());
    }

    /**
     * The event, once its signature is proven: {@code X-Nango-Hmac-Sha256} (hex HMAC-SHA256 of the body), or else the headers of
     * Standard Webhooks, which also bind a time that may be five minutes off.
     *
     * @param headers names in any case, one value each
     * @throws LatchkeyException.InvalidWebhook when no signature is there, or none is right, or the body is not JSON
     */
    public WebhookEvent verify(byte[] body, Map<String, String> headers) {
        Optional<String> hmac = header(headers, "x-nango-hmac-sha256");
        Optional<String> standard = header(headers, "webhook-signature");
        if (hmac.isPresent()) {
            require(same(HexFormat.of().formatHex(hmac(signingKey.getBytes(UTF_8), body)), hmac.get()));
        } else if (standard.isPresent()) {
            standard(body, headers, standard.get());
        } else {
            throw new LatchkeyException.InvalidWebhook(
                    "The webhook is not signed: it has neither X-Nango-Hmac-Sha256 nor webhook-signature.");
        }
        return read(body);
    }

    private void standard(byte[] body, Map<String, String> headers, String signatures) {
        String id = header(headers, "webhook-id").orElse("");
        String time = header(headers, "webhook-timestamp").orElse("");
        require(time.matches("\\d{1,12}"));
        Duration age = Duration.between(Instant.ofEpochSecond(Long.parseLong(time)), clock.instant());
        if (age.abs().compareTo(TOLERANCE) > 0) {
            throw new LatchkeyException.InvalidWebhook(
                    "The webhook's time is more than five minutes off: it was replayed, or a clock is wrong.");
        }
        byte[] key = signingKey.startsWith(STANDARD_PREFIX)
                ? Base64.getDecoder().decode(signingKey.substring(STANDARD_PREFIX.length()))
                : signingKey.getBytes(UTF_8);
        byte[] head = (id + "." + time + ".").getBytes(UTF_8);
        byte[] signed = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, signed, head.length, body.length);
        String expected = "v1," + Base64.getEncoder().encodeToString(hmac(key, signed));
        // Several while a key is being rotated.
        require(Arrays.stream(signatures.split(" ")).anyMatch(one -> same(expected, one)));
    }

    private static void require(boolean right) {
        if (!right) {
            throw new LatchkeyException.InvalidWebhook(
                    "The webhook's signature is wrong: another signing key, or the body was changed on its way.");
        }
    }

    private static WebhookEvent read(byte[] body) {
        JsonNode json;
        try {
            json = Api.JSON.readTree(body);
        } catch (JacksonException e) {
            throw new LatchkeyException.InvalidWebhook("The webhook's body is not JSON.");
        }
        return switch (Answers.text(json, "type")) {
            case "auth" -> auth(json);
            case "forward" ->
                new WebhookEvent.Forwarded(
                        Answers.text(json, "from"),
                        Answers.text(json, "providerConfigKey"),
                        Answers.optional(json, "connectionId").filter(id -> !id.isEmpty()),
                        json.path("payload"));
            default -> new WebhookEvent.Other(json);
        };
    }

    private static WebhookEvent auth(JsonNode json) {
        WebhookEvent.About about = new WebhookEvent.About(
                Answers.text(json, "connectionId"),
                Answers.text(json, "providerConfigKey"),
                Answers.text(json, "provider"),
                Answers.text(json, "environment"),
                Answers.text(json, "authMode"),
                Answers.optional(json.path("endUser"), "endUserId"),
                Answers.texts(json.path("tags")));
        String operation = Answers.text(json, "operation");
        if (!json.path("success").asBoolean(true)) {
            JsonNode error = json.path("error");
            return new WebhookEvent.Failed(
                    about, operation, Answers.text(error, "type"), Answers.text(error, "description"));
        }
        return switch (operation) {
            case "creation" -> new WebhookEvent.Connected(about);
            case "override" -> new WebhookEvent.Reconnected(about);
            case "refresh" -> new WebhookEvent.Renewed(about);
            default -> new WebhookEvent.Other(json);
        };
    }

    private static Optional<String> header(Map<String, String> headers, String name) {
        return headers.entrySet().stream()
                .filter(entry -> entry.getKey().toLowerCase(Locale.ROOT).equals(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static byte[] hmac(byte[] key, byte[] text) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            return mac.doFinal(text);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + ALGORITHM, e);
        }
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(UTF_8), other.getBytes(UTF_8));
    }
}
