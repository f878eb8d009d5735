package dev.latchkey.client;

import java.util.Map;
import java.util.Optional;

/**
 * An event that Latchkey sends to your backend: at least once, and in order for each connection. A repeated event has the same {@code
 * webhook-id} ({@link Webhooks#id}). Events are added as the server grows: a {@code switch} over them needs a {@code default}.
 *
 * <pre>{@code
 * WebhookEvent event = webhooks.verify(body, headers);
 * if (event instanceof WebhookEvent.Connected connected) {
 *     System.out.println(connected.about().endUserId() + " has " + connected.about().connectionId());
 * } else if (event instanceof WebhookEvent.Failed failed) {
 *     System.out.println("ask again: " + failed.about().connectionId());
 * }
 * }</pre>
 */
public interface WebhookEvent {
    /** The whole body. */
    Json json();

    /**
     * The environment's name.
     *
     * <pre>{@code
     * String environment = webhooks.verify(body, headers).environment();
     * }</pre>
     */
    default String environment() {
        return json().get("environment").text().orElse("");
    }

    /** Which connection. @param json the event's body */
    record About(Json json) {
        /** @throws IllegalArgumentException when it names none */
        public About {
            Required.text(json, "connectionId");
            Required.text(json, "providerConfigKey");
        }

        /** The connection's id. */
        public String connectionId() {
            return Required.text(json, "connectionId");
        }

        /** The integration's key. */
        public String integration() {
            return Required.text(json, "providerConfigKey");
        }

        /** The provider's id. */
        public String provider() {
            return json.get("provider").text().orElse("");
        }

        /** {@code OAUTH2, API_KEY ...} */
        public String authMode() {
            return json.get("authMode").text().orElse("");
        }

        /** Your user's id. */
        public Optional<String> endUserId() {
            return json.get("endUser").get("endUserId").text();
        }

        /** The connection's tags. */
        public Map<String, String> tags() {
            return Required.texts(json.get("tags"));
        }

        @Override
        public String toString() {
            return "About[" + integration() + ", " + connectionId() + "]";
        }
    }

    /** A user connected for the first time. */
    record Connected(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Connected {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Connected[" + about() + "]";
        }
    }

    /** A user authorized an existing connection again, or it was imported again. */
    record Reconnected(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Reconnected {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Reconnected[" + about() + "]";
        }
    }

    /** The credential was refreshed; sent only to endpoints that subscribe to it. */
    record Renewed(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Renewed {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Renewed[" + about() + "]";
        }
    }

    /** The credential works again after failed refreshes. */
    record Recovered(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Recovered {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Recovered[" + about() + "]";
        }
    }

    /** A flow was refused, or a credential cannot be refreshed. */
    record Failed(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Failed {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** {@code creation, override} or {@code refresh}. */
        public String operation() {
            return json.get("operation").text().orElse("");
        }

        /** A word for programs. */
        public String errorType() {
            return json.get("error").get("type").text().orElse("");
        }

        /** A sentence for people. */
        public String description() {
            return json.get("error").get("description").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Failed[" + about() + "]";
        }
    }

    /** A refresh failed for a temporary reason; it is retried automatically, and the credential may still be valid. */
    record RefreshFailing(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public RefreshFailing {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** A sentence for people. */
        public String description() {
            return json.get("error").get("description").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "RefreshFailing[" + about() + "]";
        }
    }

    /** The connection was deleted. */
    record Deleted(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Deleted {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Deleted[" + about() + "]";
        }
    }

    /** The grant ends soon, and no refresh extends it: ask the user to authorize again. */
    record ExpiringSoon(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public ExpiringSoon {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Messages for people. */
        public Map<String, String> details() {
            return Required.texts(json.get("details"));
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "ExpiringSoon[" + about() + "]";
        }
    }

    /** The provider refuses the integration's client id or secret: its operator must correct them. */
    record IntegrationMisconfigured(Json json) implements WebhookEvent {
        /** The integration's key. */
        public String integration() {
            return json.get("providerConfigKey").text().orElse("");
        }

        /** The provider's id. */
        public String provider() {
            return json.get("provider").text().orElse("");
        }

        /** A sentence for people. */
        public String description() {
            return json.get("error").get("description").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "IntegrationMisconfigured[" + environment() + "]";
        }
    }

    /** The provider accepts them again. */
    record IntegrationRecovered(Json json) implements WebhookEvent {
        /** The integration's key. */
        public String integration() {
            return json.get("providerConfigKey").text().orElse("");
        }

        /** The provider's id. */
        public String provider() {
            return json.get("provider").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "IntegrationRecovered[" + environment() + "]";
        }
    }

    /** The connection was paused: reads and proxied calls get 423 until it is resumed. */
    record Paused(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Paused {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Why, as the person who paused it wrote. */
        public String reason() {
            return json.get("details").get("reason").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Paused[" + about() + "]";
        }
    }

    /** The connection was resumed. */
    record Resumed(Json json) implements WebhookEvent {
        /** @throws IllegalArgumentException when it names no connection */
        public Resumed {
            new About(json);
        }

        /** Which connection. */
        public About about() {
            return new About(json);
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Resumed[" + about() + "]";
        }
    }

    /** The same for all connections of an integration. */
    record IntegrationPaused(Json json) implements WebhookEvent {
        /** The integration's key. */
        public String integration() {
            return json.get("providerConfigKey").text().orElse("");
        }

        /** The provider's id. */
        public String provider() {
            return json.get("provider").text().orElse("");
        }

        /** Why, as the person who paused it wrote. */
        public String reason() {
            return json.get("details").get("reason").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "IntegrationPaused[" + environment() + "]";
        }
    }

    /** An integration was resumed. */
    record IntegrationResumed(Json json) implements WebhookEvent {
        /** The integration's key. */
        public String integration() {
            return json.get("providerConfigKey").text().orElse("");
        }

        /** The provider's id. */
        public String provider() {
            return json.get("provider").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "IntegrationResumed[" + environment() + "]";
        }
    }

    /** The same for all connections of the environment. */
    record EnvironmentPaused(Json json) implements WebhookEvent {
        /** Why, as the person who paused it wrote. */
        public String reason() {
            return json.get("details").get("reason").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "EnvironmentPaused[" + environment() + "]";
        }
    }

    /** The environment was resumed. */
    record EnvironmentResumed(Json json) implements WebhookEvent {
        /** Without the payload. */
        @Override
        public String toString() {
            return "EnvironmentResumed[" + environment() + "]";
        }
    }

    /** A provider fails for all its connections alike. */
    record ProviderIncident(Json json) implements WebhookEvent {
        /** The provider's id. */
        public String provider() {
            return json.get("provider").text().orElse("");
        }

        /** A sentence for people. */
        public String description() {
            return json.get("error").get("description").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "ProviderIncident[" + environment() + "]";
        }
    }

    /** A provider works again. */
    record ProviderIncidentEnded(Json json) implements WebhookEvent {
        /** The provider's id. */
        public String provider() {
            return json.get("provider").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "ProviderIncidentEnded[" + environment() + "]";
        }
    }

    /** Another webhook endpoint of the environment was switched off. */
    record EndpointDisabled(Json json) implements WebhookEvent {
        /** The endpoint. */
        public String endpointId() {
            return json.get("endpointId").text().orElse("");
        }

        /** The endpoint's address. */
        public String url() {
            return json.get("url").text().orElse("");
        }

        /** A sentence for people. */
        public String description() {
            return json.get("error").get("description").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "EndpointDisabled[" + environment() + "]";
        }
    }

    /** Sent on request, to try an endpoint. */
    record Test(Json json) implements WebhookEvent {
        /** The endpoint. */
        public String endpointId() {
            return json.get("endpointId").text().orElse("");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Test[" + environment() + "]";
        }
    }

    /** What a provider sent to Latchkey. */
    record Forwarded(Json json) implements WebhookEvent {
        /** The provider's id. */
        public String from() {
            return json.get("from").text().orElse("");
        }

        /** The integration's key. */
        public String integration() {
            return json.get("providerConfigKey").text().orElse("");
        }

        /** Empty where no connection matched. */
        public Optional<String> connectionId() {
            return json.get("connectionId").text().filter(id -> !id.isEmpty());
        }

        /** What it sent. */
        public Json payload() {
            return json.get("payload");
        }

        /** Without the payload. */
        @Override
        public String toString() {
            return "Forwarded[" + environment() + "]";
        }
    }

    /** An event newer than this client: ignore it. */
    record Other(Json json) implements WebhookEvent {
        /** Without the payload. */
        @Override
        public String toString() {
            return "Other[" + environment() + "]";
        }
    }
}
