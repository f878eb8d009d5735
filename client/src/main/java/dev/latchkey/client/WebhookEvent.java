package dev.latchkey.client;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What Latchkey tells your backend. Deliveries come at least once, and not always in order: make what you do repeatable.
 *
 * <pre>{@code
 * switch (webhooks.verify(body, headers)) {
 *     case WebhookEvent.Connected it -> System.out.println(it.about().endUserId() + " has " + it.about().connectionId());
 *     case WebhookEvent.Failed it -> System.out.println("ask again: " + it.about().connectionId());
 *     case WebhookEvent.Reconnected it -> System.out.println("works again: " + it.about().connectionId());
 *     case WebhookEvent.Renewed it -> {}
 *     case WebhookEvent.Forwarded it -> System.out.println(it.payload());
 *     case WebhookEvent.Other it -> {}
 * }
 * }</pre>
 */
public sealed interface WebhookEvent {
    /** Which connection. */
    record About(
            String connectionId,
            String integration,
            String provider,
            String environment,
            String authMode,
            Optional<String> endUserId,
            Map<String, String> tags) {}

    /** A user connected for the first time. */
    record Connected(About about) implements WebhookEvent {}

    /** A user authorized an existing connection again, or it was imported again. */
    record Reconnected(About about) implements WebhookEvent {}

    /** The credential works again, or was renewed. */
    record Renewed(About about) implements WebhookEvent {}

    /** A flow ended with a refusal, or a credential cannot be renewed. @param operation {@code creation, override, refresh} */
    record Failed(About about, String operation, String errorType, String description) implements WebhookEvent {}

    /** What a provider sent to Latchkey. @param connectionId empty where no connection matched */
    record Forwarded(String provider, String integration, Optional<String> connectionId, JsonNode payload)
            implements WebhookEvent {}

    /** Something newer than this client: leave it alone. */
    record Other(JsonNode json) implements WebhookEvent {}
}
