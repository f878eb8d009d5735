package dev.latchkey.spring;

import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.springframework.context.ApplicationEventPublisher;

/** What a webhook becomes: application events, or a status that says why not. */
final class WebhookReceiver {
    /** A vendor's webhook, forwarded, with its envelope; the sender is not known before the whole body is. */
    static final int LARGEST = 11 * 1024 * 1024;

    private static final Log LOG = LogFactory.getLog(WebhookReceiver.class);

    private final Supplier<@Nullable Webhooks> webhooks;
    private final ApplicationEventPublisher events;

    WebhookReceiver(Supplier<@Nullable Webhooks> webhooks, ApplicationEventPublisher events) {
        this.webhooks = webhooks;
        this.events = events;
    }

    /** Returns the status; what a listener throws is thrown on, so that Latchkey delivers the event again. */
    int receive(byte[] body, Map<String, String> headers) {
        Webhooks verifier = webhooks.get();
        if (verifier == null) {
            LOG.warn("A webhook of Latchkey was refused: set latchkey.webhook.signing-key.");
            return 503;
        }
        if (body.length > LARGEST) {
            return 413;
        }
        WebhookEvent event;
        try {
            event = verifier.verify(body, headers);
        } catch (LatchkeyException.InvalidWebhook e) {
            LOG.info("A webhook of Latchkey was refused: " + e.getMessage());
            return 401;
        }
        Optional<String> id = Webhooks.id(headers);
        events.publishEvent(new LatchkeyDelivery(id.orElse(""), event));
        events.publishEvent(event);
        return 204;
    }
}
