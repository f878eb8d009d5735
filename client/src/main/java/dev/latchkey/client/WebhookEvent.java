package dev.latchkey.client;

import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * An event that Latchkey sends to your backend: at least once, and in order for each connection. A repeated event has the same {@code
 * webhook-id} ({@link Webhooks#id}).
 *
 * <pre>{@code
 * switch (webhooks.verify(body, headers)) {
 *     case WebhookEvent.Connected it -> System.out.println(it.about().endUserId() + " has " + it.about().connectionId());
 *     case WebhookEvent.Failed it -> System.out.println("ask again: " + it.about().connectionId());
 *     case WebhookEvent.ExpiringSoon it -> System.out.println("ask again soon: " + it.about().connectionId());
 *     case WebhookEvent.Reconnected it -> System.out.println("works again: " + it.about().connectionId());
 *     case WebhookEvent.Forwarded it -> System.out.println(it.payload());
 *     default -> {}
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

    /** The credential was refreshed; sent only to endpoints that subscribe to it. */
    record Renewed(About about) implements WebhookEvent {}

    /** The credential works again after failed refreshes. */
    record Recovered(About about) implements WebhookEvent {}

    /** A flow was refused, or a credential cannot be refreshed. @param operation {@code creation, override, refresh} */
    record Failed(About about, String operation, String errorType, String description) implements WebhookEvent {}

    /** A refresh failed for a temporary reason; it is retried automatically, and the credential may still be valid. */
    record RefreshFailing(About about, String description) implements WebhookEvent {}

    record Deleted(About about) implements WebhookEvent {}

    /** The grant ends soon, and no refresh extends it: ask the user to authorize again. @param details messages for people */
    record ExpiringSoon(About about, Map<String, String> details) implements WebhookEvent {}

    /** The provider refuses the integration's client id or secret: its operator must correct them. */
    record IntegrationMisconfigured(String integration, String provider, String environment, String description)
            implements WebhookEvent {}

    record IntegrationRecovered(String integration, String provider, String environment) implements WebhookEvent {}

    /** The connection was paused: reads and proxied calls get 423 until it is resumed. */
    record Paused(About about, String reason) implements WebhookEvent {}

    record Resumed(About about) implements WebhookEvent {}

    /** The same for all connections of an integration. */
    record IntegrationPaused(String integration, String provider, String environment, String reason)
            implements WebhookEvent {}

    record IntegrationResumed(String integration, String provider, String environment) implements WebhookEvent {}

    /** The same for all connections of the environment. */
    record EnvironmentPaused(String environment, String reason) implements WebhookEvent {}

    record EnvironmentResumed(String environment) implements WebhookEvent {}

    /** A provider fails for all its connections alike. */
    record ProviderIncident(String provider, String environment, String description) implements WebhookEvent {}

    record ProviderIncidentEnded(String provider, String environment) implements WebhookEvent {}

    /** Another webhook endpoint of the environment was switched off. */
    record EndpointDisabled(String endpointId, String url, String environment, String reason) implements WebhookEvent {}

    /** Sent on request, to try an endpoint. */
    record Test(String endpointId, String environment) implements WebhookEvent {}

    /** What a provider sent to Latchkey. @param connectionId empty where no connection matched */
    record Forwarded(String provider, String integration, Optional<String> connectionId, JsonNode payload)
            implements WebhookEvent {}

    /** An event newer than this client: ignore it. */
    record Other(JsonNode json) implements WebhookEvent {}
}
