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
 * Verifies and reads webhooks. Pass the body's bytes unchanged: parsing and serializing them changes the signature.
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

    /**
     * With the environment's webhook signing key, which is not its secret key; its form {@code whsec_...} does as well.
     *
     * <pre>{@code
     * Webhooks webhooks = Webhooks.signedWith(signingKey);
     * }</pre>
     *
     * @throws IllegalArgumentException when it is empty
     */
    public static Webhooks signedWith(String signingKey) {
        return new Webhooks(signingKey, InstantSource.system());
    }

    /**
     * The event, once its signature is proven: by the headers of Standard Webhooks, which bind a time that may be five minutes off
     * and hold for the old key and the new one while keys are being rotated; where they are missing, by {@code
     * X-Nango-Hmac-Sha256} (hex HMAC-SHA256 of the body).
     *
     * <pre>{@code
     * WebhookEvent event = webhooks.verify(body, headers);
     * }</pre>
     *
     * @param headers names in any case, one value each
     * @throws LatchkeyException.InvalidWebhook when no signature is present or valid, or the body is not JSON
     */
    public WebhookEvent verify(byte[] body, Map<String, String> headers) {
        Optional<String> standard = header(headers, "webhook-signature");
        Optional<String> hmac = header(headers, "x-nango-hmac-sha256");
        if (standard.isPresent()) {
            standard(body, headers, standard.get());
        } else if (hmac.isPresent()) {
            require(same(HexFormat.of().formatHex(hmac(keyBytes(), body)), hmac.get()));
        } else {
            throw new LatchkeyException.InvalidWebhook(
                    "The webhook is not signed: it has neither webhook-signature nor X-Nango-Hmac-Sha256.");
        }
        return read(body, header(headers, "x-latchkey-event").orElse(""));
    }

    /**
     * The event's id: the same each time that an event arrives again. Empty if the sender does not say.
     *
     * <pre>{@code
     * Optional<String> id = Webhooks.id(headers);
     * }</pre>
     */
    public static Optional<String> id(Map<String, String> headers) {
        return header(headers, "webhook-id").filter(id -> !id.isBlank());
    }

    /** {@code whsec_...} is the base64 form of the same key. */
    private byte[] keyBytes() {
        return signingKey.startsWith(STANDARD_PREFIX)
                ? Base64.getDecoder().decode(signingKey.substring(STANDARD_PREFIX.length()))
                : signingKey.getBytes(UTF_8);
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
        byte[] head = (id + "." + time + ".").getBytes(UTF_8);
        byte[] signed = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, signed, head.length, body.length);
        String expected = "v1," + Base64.getEncoder().encodeToString(hmac(keyBytes(), signed));
        // Several while a key is being rotated.
        require(Arrays.stream(signatures.split(" ")).anyMatch(one -> same(expected, one)));
    }

    private static void require(boolean right) {
        if (!right) {
            throw new LatchkeyException.InvalidWebhook(
                    "The webhook's signature is wrong: another signing key, or the body was changed in transit.");
        }
    }

    /** @param title the header X-Latchkey-Event: it distinguishes events whose bodies are equal for the sake of older handlers */
    private static WebhookEvent read(byte[] body, String title) {
        JsonNode json;
        try {
            json = Api.JSON.readTree(body);
        } catch (JacksonException e) {
            throw new LatchkeyException.InvalidWebhook("The webhook's body is not JSON.");
        }
        String provider = Answers.text(json, "provider");
        String environment = Answers.text(json, "environment");
        String integration = Answers.text(json, "providerConfigKey");
        String words = Answers.text(json.path("error"), "description");
        String reason = Answers.text(json.path("details"), "reason");
        return switch (Answers.text(json, "type") + "/" + Answers.text(json, "operation")) {
            case "auth/creation", "auth/override", "auth/refresh" -> auth(json, title);
            case "connection/refresh_failing" -> new WebhookEvent.RefreshFailing(about(json), words);
            case "connection/deleted" -> new WebhookEvent.Deleted(about(json));
            case "connection/expiring_soon" ->
                new WebhookEvent.ExpiringSoon(about(json), Answers.texts(json.path("details")));
            case "integration/misconfigured" ->
                new WebhookEvent.IntegrationMisconfigured(integration, provider, environment, words);
            case "integration/recovered" -> new WebhookEvent.IntegrationRecovered(integration, provider, environment);
            case "connection/paused" -> new WebhookEvent.Paused(about(json), reason);
            case "connection/resumed" -> new WebhookEvent.Resumed(about(json));
            case "integration/paused" -> new WebhookEvent.IntegrationPaused(integration, provider, environment, reason);
            case "integration/resumed" -> new WebhookEvent.IntegrationResumed(integration, provider, environment);
            case "environment/paused" -> new WebhookEvent.EnvironmentPaused(environment, reason);
            case "environment/resumed" -> new WebhookEvent.EnvironmentResumed(environment);
            case "provider/incident" -> new WebhookEvent.ProviderIncident(provider, environment, words);
            case "provider/incident_ended" -> new WebhookEvent.ProviderIncidentEnded(provider, environment);
            case "webhook_endpoint/disabled" ->
                new WebhookEvent.EndpointDisabled(
                        Answers.text(json, "endpointId"), Answers.text(json, "url"), environment, words);
            case "test/test" -> new WebhookEvent.Test(Answers.text(json, "endpointId"), environment);
            case "forward/" ->
                new WebhookEvent.Forwarded(
                        Answers.text(json, "from"),
                        integration,
                        Answers.optional(json, "connectionId").filter(id -> !id.isEmpty()),
                        json.path("payload"));
            default -> new WebhookEvent.Other(json);
        };
    }

    private static WebhookEvent.About about(JsonNode json) {
        return new WebhookEvent.About(
                Answers.text(json, "connectionId"),
                Answers.text(json, "providerConfigKey"),
                Answers.text(json, "provider"),
                Answers.text(json, "environment"),
                Answers.text(json, "authMode"),
                Answers.optional(json.path("endUser"), "endUserId"),
                Answers.texts(json.path("tags")));
    }

    private static WebhookEvent auth(JsonNode json, String title) {
        WebhookEvent.About about = about(json);
        String operation = Answers.text(json, "operation");
        if (!json.path("success").asBoolean(true)) {
            JsonNode error = json.path("error");
            return new WebhookEvent.Failed(
                    about, operation, Answers.text(error, "type"), Answers.text(error, "description"));
        }
        return switch (operation) {
            case "creation" -> new WebhookEvent.Connected(about);
            case "override" -> new WebhookEvent.Reconnected(about);
            default ->
                title.equals("connection.recovered")
                        ? new WebhookEvent.Recovered(about)
                        : new WebhookEvent.Renewed(about);
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
