package dev.latchkey.server.api;

import dev.latchkey.server.http.Body;
import dev.latchkey.server.webhooks.outbound.WebhookAddresses;
import java.net.URI;
import java.util.Locale;
import java.util.Optional;

/** Reads {@code webhook_url_override}: the address that the events of one connection, or of a session's connections, go to instead. */
public final class WebhookOverride {
    static final String NAME = "webhook_url_override";

    private final WebhookAddresses addresses;

    public WebhookOverride(WebhookAddresses addresses) {
        this.addresses = addresses;
    }

    /**
     * Absent where it is left out or null, so that a connection keeps the one that it has; an empty text removes it. A URL that can
     * never receive webhooks is a problem of the body.
     */
    Optional<String> read(Body body) {
        Optional<String> url = body.nullable(NAME).text(NAME);
        url.flatMap(this::refusal).ifPresent(reason -> body.problem("invalid_format", reason, NAME));
        return url;
    }

    /** Nango takes no webhooks, and refuses its own addresses: one is a mistake of the move. */
    private static Optional<String> ofNango(String url) {
        String host = URI.create(url).getHost().toLowerCase(Locale.ROOT).replaceFirst("\\.+$", "");
        return host.equals("nango.dev") || host.endsWith(".nango.dev")
                ? Optional.of("cannot receive webhooks: nango.dev is Nango's own domain")
                : Optional.empty();
    }

    /** Why a URL can never receive webhooks; the empty one, which removes it, is none. */
    Optional<String> refusal(String url) {
        return url.isEmpty() ? Optional.empty() : addresses.refusal(url).or(() -> ofNango(url));
    }
}
