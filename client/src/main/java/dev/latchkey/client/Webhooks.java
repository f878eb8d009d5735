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
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

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

    private final byte[] key;
    private final InstantSource clock;
    private final boolean legacy;
    private final Consumer<WebhookEvent> observer;

    Webhooks(String signingKey, InstantSource clock) {
        this(bytes(signingKey), clock, false, event -> {});
    }

    private Webhooks(byte[] key, InstantSource clock, boolean legacy, Consumer<WebhookEvent> observer) {
        this.key = key;
        this.clock = clock;
        this.legacy = legacy;
        this.observer = observer;
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
     * The same, which also accepts a webhook that has only the older {@code X-Nango-Hmac-Sha256} (hex HMAC-SHA256 of the body), as a
     * proxy that drops unknown headers may leave it. That signature covers no timestamp: anyone who holds one webhook can
     * send it again at any time, so remember each {@link #id}.
     *
     * <pre>{@code
     * Webhooks lenient = Webhooks.signedWith(signingKey).acceptLegacy();
     * }</pre>
     */
    public Webhooks acceptLegacy() {
        return new Webhooks(key, clock, true, observer);
    }

    /**
     * The same, which makes a client forget a connection's token when an event says that it changed: authorized again, refreshed,
     * paused, deleted.
     *
     * <pre>{@code
     * Webhooks webhooks = Webhooks.signedWith(signingKey).informing(latchkey);
     * }</pre>
     */
    public Webhooks informing(Latchkey latchkey) {
        return new Webhooks(key, clock, legacy, latchkey::changed);
    }

    /**
     * The event, once its signature is proven by the headers of Standard Webhooks, which bind a time that may be five minutes off
     * and hold for the old key and the new one while keys are being rotated.
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
        } else if (legacy && hmac.isPresent()) {
            require(same(HexFormat.of().formatHex(hmac(key, body)), hmac.get()));
        } else {
            throw new LatchkeyException.InvalidWebhook("The webhook has no webhook-signature."
                    + (hmac.isPresent() ? " X-Nango-Hmac-Sha256 alone is taken by acceptLegacy()." : ""));
        }
        WebhookEvent event = read(body, header(headers, "x-latchkey-event").orElse(""));
        observer.accept(event);
        return event;
    }

    /**
     * The headers that Latchkey would send with a body: for tests of your endpoint.
     *
     * <pre>{@code
     * byte[] event = "{\"type\": \"test\", \"operation\": \"test\"}".getBytes(java.nio.charset.StandardCharsets.UTF_8);
     * Map<String, String> signed = Webhooks.signedWith(signingKey).sign("msg_1", event);
     * }</pre>
     *
     * @param id the event's id
     */
    public Map<String, String> sign(String id, byte[] body) {
        String time = Long.toString(clock.instant().getEpochSecond());
        return Map.of(
                "webhook-id",
                id,
                "webhook-timestamp",
                time,
                "webhook-signature",
                signature(id, time, body),
                "x-nango-hmac-sha256",
                HexFormat.of().formatHex(hmac(key, body)));
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
    private static byte[] bytes(String signingKey) {
        String text = signingKey.strip();
        byte[] key;
        try {
            key = text.startsWith(STANDARD_PREFIX)
                    ? Base64.getDecoder().decode(text.substring(STANDARD_PREFIX.length()))
                    : text.getBytes(UTF_8);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the webhook signing key after " + STANDARD_PREFIX + " is not base64");
        }
        if (key.length == 0) {
            throw new IllegalArgumentException("the webhook signing key is empty");
        }
        return key;
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
        String expected = signature(id, time, body);
        // Several while a key is being rotated.
        require(Arrays.stream(signatures.split(" ")).anyMatch(one -> same(expected, one)));
    }

    private String signature(String id, String time, byte[] body) {
        byte[] head = (id + "." + time + ".").getBytes(UTF_8);
        byte[] signed = Arrays.copyOf(head, head.length + body.length);
        System.arraycopy(body, 0, signed, head.length, body.length);
        return "v1," + Base64.getEncoder().encodeToString(hmac(key, signed));
    }

    private static void require(boolean right) {
        if (!right) {
            throw new LatchkeyException.InvalidWebhook(
                    "The webhook's signature is wrong: another signing key, or the body was changed in transit.");
        }
    }

    /** @param title the header X-Latchkey-Event: it distinguishes events whose bodies are equal for the sake of older handlers */
    private static WebhookEvent read(byte[] body, String title) {
        try {
            return event(Json.parse(body), title);
        } catch (IllegalArgumentException e) {
            throw new LatchkeyException.InvalidWebhook("The webhook's body is no event: " + e.getMessage() + ".");
        }
    }

    private static WebhookEvent event(Json json, String title) {
        String type = json.get("type").text().orElse("");
        return switch (type + "/" + json.get("operation").text().orElse("")) {
            case "auth/creation", "auth/override", "auth/refresh" -> auth(json, title);
            case "connection/refresh_failing" -> new WebhookEvent.RefreshFailing(json);
            case "connection/deleted" -> new WebhookEvent.Deleted(json);
            case "connection/expiring_soon" -> new WebhookEvent.ExpiringSoon(json);
            case "integration/misconfigured" -> new WebhookEvent.IntegrationMisconfigured(json);
            case "integration/recovered" -> new WebhookEvent.IntegrationRecovered(json);
            case "connection/paused" -> new WebhookEvent.Paused(json);
            case "connection/resumed" -> new WebhookEvent.Resumed(json);
            case "integration/paused" -> new WebhookEvent.IntegrationPaused(json);
            case "integration/resumed" -> new WebhookEvent.IntegrationResumed(json);
            case "environment/paused" -> new WebhookEvent.EnvironmentPaused(json);
            case "environment/resumed" -> new WebhookEvent.EnvironmentResumed(json);
            case "provider/incident" -> new WebhookEvent.ProviderIncident(json);
            case "provider/incident_ended" -> new WebhookEvent.ProviderIncidentEnded(json);
            case "webhook_endpoint/disabled" -> new WebhookEvent.EndpointDisabled(json);
            case "test/test" -> new WebhookEvent.Test(json);
            case "forward/" -> new WebhookEvent.Forwarded(json);
            default -> new WebhookEvent.Other(json);
        };
    }

    private static WebhookEvent auth(Json json, String title) {
        if (!Required.flag(json, "success", true)) {
            return new WebhookEvent.Failed(json);
        }
        return switch (json.get("operation").asText()) {
            case "creation" -> new WebhookEvent.Connected(json);
            case "override" -> new WebhookEvent.Reconnected(json);
            default ->
                title.equals("connection.recovered")
                        ? new WebhookEvent.Recovered(json)
                        : new WebhookEvent.Renewed(json);
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
