package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.audit.Anchor;
import dev.latchkey.server.connections.AuthorizationFailed;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.EnvironmentEvent;
import dev.latchkey.server.connections.Event;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.ProviderEvent;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.EnvironmentProviders;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The bodies of webhooks. Events that Nango has ({@code type: auth}) have exactly Nango's format; the others have a format of their
 * own in the same style.
 */
public final class Payloads {
    private Payloads() {}

    /** Empty: such an event is not sent. */
    public static Optional<Message> of(Event event, String environmentName, EnvironmentProviders providers) {
        return switch (event) {
            case ConnectionEvent it -> type(it).map(type -> ofConnection(type, it, environmentName, providers));
            case AuthorizationFailed it -> Optional.of(ofAuthorization(it, environmentName, providers));
            case IntegrationEvent it ->
                Optional.of(new Message(
                        it.environment(),
                        switch (it.kind()) {
                            case MISCONFIGURED -> EventType.INTEGRATION_MISCONFIGURED;
                            case RECOVERED -> EventType.INTEGRATION_RECOVERED;
                            case PAUSED -> EventType.INTEGRATION_PAUSED;
                            case RESUMED -> EventType.INTEGRATION_RESUMED;
                        },
                        it.integration().id(),
                        Optional.empty(),
                        Optional.of(it.integration().uniqueKey()),
                        ofIntegration(it, environmentName, providers)));
            // For the operator to fix: the product could do nothing about it.
            case UnreadableConnection it -> Optional.empty();
            case EnvironmentEvent it ->
                Optional.of(new Message(
                        it.environment(),
                        switch (it.kind()) {
                            case PAUSED -> EventType.ENVIRONMENT_PAUSED;
                            case RESUMED -> EventType.ENVIRONMENT_RESUMED;
                        },
                        it.environment(),
                        Optional.empty(),
                        Optional.empty(),
                        ofEnvironment(it, environmentName)));
            case ProviderEvent it ->
                Optional.of(new Message(
                        it.environment(),
                        switch (it.kind()) {
                            case INCIDENT -> EventType.PROVIDER_INCIDENT;
                            case INCIDENT_ENDED -> EventType.PROVIDER_INCIDENT_ENDED;
                        },
                        UUID.nameUUIDFromBytes(it.provider().getBytes(StandardCharsets.UTF_8)),
                        Optional.empty(),
                        Optional.empty(),
                        ofProvider(it, environmentName)));
        };
    }

    private static Optional<EventType> type(ConnectionEvent event) {
        return switch (event.kind()) {
            case CREATED -> Optional.of(EventType.CONNECTION_CREATED);
            case OVERRIDDEN -> Optional.of(EventType.CONNECTION_REAUTHORIZED);
            case REFRESHED -> Optional.of(EventType.CONNECTION_REFRESHED);
            // Reported when it begins and when it lasts, not at each retry; and an integration's failure is not
            // reported for each of its connections.
            case REFRESH_FAILED ->
                event.connection()
                        .failure()
                        .filter(failure -> failure.kind() == Connection.Failure.Kind.TRANSIENT
                                && (failure.count() == 1 || event.details().containsKey("failing_since")))
                        .map(failure -> EventType.CONNECTION_REFRESH_FAILING);
            case NEEDS_AUTHORIZATION -> Optional.of(EventType.CONNECTION_NEEDS_AUTHORIZATION);
            case RECOVERED -> Optional.of(EventType.CONNECTION_RECOVERED);
            case DELETED -> Optional.of(EventType.CONNECTION_DELETED);
            case PAUSED -> Optional.of(EventType.CONNECTION_PAUSED);
            case RESUMED -> Optional.of(EventType.CONNECTION_RESUMED);
            case EXPIRING_SOON -> Optional.of(EventType.CONNECTION_EXPIRING_SOON);
            // Only for the timeline.
            case AFTER_CONNECT_FAILED, REVOCATION_FAILED -> Optional.empty();
        };
    }

    private static Message ofConnection(
            EventType type, ConnectionEvent event, String environmentName, EnvironmentProviders providers) {
        Connection connection = event.connection();
        Optional<String> operation = switch (type) {
            case CONNECTION_CREATED -> Optional.of("creation");
            case CONNECTION_REAUTHORIZED -> Optional.of("override");
            case CONNECTION_REFRESHED, CONNECTION_RECOVERED, CONNECTION_NEEDS_AUTHORIZATION -> Optional.of("refresh");
            default -> Optional.empty();
        };
        ObjectNode body = Json.MAPPER.createObjectNode().put("from", "nango");
        if (operation.isPresent()) {
            body.put("type", "auth").put("operation", operation.get());
        } else {
            body.put("type", "connection")
                    .put("operation", type.title().substring(type.title().indexOf('.') + 1));
        }
        boolean failed =
                type == EventType.CONNECTION_NEEDS_AUTHORIZATION || type == EventType.CONNECTION_REFRESH_FAILING;
        body.put("success", !failed)
                .put("connectionId", connection.name())
                .put("providerConfigKey", connection.integrationKey())
                .put("provider", connection.provider())
                .put("environment", environmentName)
                .put("authMode", authMode(providers.of(connection)));
        body.set("tags", Json.MAPPER.valueToTree(connection.tags()));
        connection.endUser().ifPresent(user -> body.set("endUser", endUser(user)));
        if (operation.isPresent() && !failed && !connection.scopes().equals(GrantedScopes.UNKNOWN)) {
            body.set(
                    "granted_scopes",
                    Json.MAPPER.valueToTree(connection.scopes().granted()));
            body.set(
                    "missing_scopes",
                    Json.MAPPER.valueToTree(connection.scopes().missing()));
        }
        if (failed) {
            error(
                    body,
                    type == EventType.CONNECTION_NEEDS_AUTHORIZATION ? "refresh_rejected" : "refresh_failing",
                    event.details());
        } else if (event.details().containsKey("account_changed")) {
            ObjectNode details = body.putObject("details").put("account_changed", true);
            details.put("account_from", event.details().get("account_from"));
            details.put("account_to", event.details().get("account_to"));
        } else if (operation.isEmpty() && !event.details().isEmpty()) {
            body.set("details", Json.MAPPER.valueToTree(event.details()));
        }
        return new Message(
                connection.environment(),
                type,
                connection.id(),
                Optional.of(connection.name()),
                Optional.of(connection.integrationKey()),
                body);
    }

    private static Message ofAuthorization(
            AuthorizationFailed event, String environmentName, EnvironmentProviders providers) {
        boolean again = event.before().isPresent();
        String provider = event.integration().provider();
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", "nango")
                .put("type", "auth")
                .put("operation", again ? "override" : "creation")
                .put("success", false)
                .put("connectionId", event.connectionName())
                .put("providerConfigKey", event.integration().uniqueKey())
                .put("provider", provider)
                .put("environment", environmentName)
                .put("authMode", authMode(providers.of(event.integration())));
        body.set("tags", Json.MAPPER.valueToTree(event.tags()));
        event.endUser().ifPresent(user -> body.set("endUser", endUser(user)));
        error(body, event.error(), event.details());
        return new Message(
                event.environment(),
                again ? EventType.CONNECTION_REAUTHORIZATION_FAILED : EventType.CONNECTION_CREATION_FAILED,
                event.before().map(Connection::id).orElse(event.attempts()),
                Optional.of(event.connectionName()),
                Optional.of(event.integration().uniqueKey()),
                body);
    }

    private static ObjectNode ofIntegration(
            IntegrationEvent event, String environmentName, EnvironmentProviders providers) {
        boolean failed = event.kind() == IntegrationEvent.Kind.MISCONFIGURED;
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", "nango")
                .put("type", "integration")
                .put("operation", event.kind().name().toLowerCase(Locale.ROOT))
                .put("success", !failed)
                .put("providerConfigKey", event.integration().uniqueKey())
                .put("provider", event.integration().provider())
                .put("environment", environmentName)
                .put("authMode", authMode(providers.of(event.integration())));
        if (failed) {
            error(body, "misconfigured", event.details());
        } else if (!event.details().isEmpty()) {
            body.set("details", Json.MAPPER.valueToTree(event.details()));
        }
        return body;
    }

    private static ObjectNode ofEnvironment(EnvironmentEvent event, String environmentName) {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", "nango")
                .put("type", "environment")
                .put("operation", event.kind().name().toLowerCase(Locale.ROOT))
                .put("success", true)
                .put("environment", environmentName);
        if (!event.details().isEmpty()) {
            body.set("details", Json.MAPPER.valueToTree(event.details()));
        }
        return body;
    }

    private static ObjectNode ofProvider(ProviderEvent event, String environmentName) {
        boolean failed = event.kind() == ProviderEvent.Kind.INCIDENT;
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", "nango")
                .put("type", "provider")
                .put("operation", failed ? "incident" : "incident_ended")
                .put("success", !failed)
                .put("provider", event.provider())
                .put("environment", environmentName);
        if (failed) {
            error(body, "incident", event.details());
        }
        return body;
    }

    /**
     * A provider's webhook, for the product.
     *
     * @param headers of the provider's request
     * @param connection absent if none matched
     * @param event the provider's name for it
     */
    public static Message forward(
            Integration integration,
            Map<String, String> headers,
            UUID lane,
            Optional<String> connection,
            Optional<String> event,
            JsonNode payload) {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", integration.provider())
                .put("type", "forward");
        connection.ifPresent(name -> body.put("connectionId", name));
        body.put("providerConfigKey", integration.uniqueKey());
        // GitHub, Shopify and others name the event only in a header.
        event.ifPresent(word -> body.put("event", word));
        body.set("payload", payload);
        return forwarded(integration, headers, lane, connection, body);
    }

    /** The same without an envelope, as Nango sends what no connection matches. */
    public static Message bare(Integration integration, Map<String, String> headers, JsonNode payload) {
        return forwarded(integration, headers, integration.id(), Optional.empty(), payload);
    }

    private static Message forwarded(
            Integration integration,
            Map<String, String> headers,
            UUID lane,
            Optional<String> connection,
            JsonNode body) {
        return new Message(
                integration.environment(),
                EventType.PROVIDER_WEBHOOK,
                lane,
                connection,
                Optional.of(integration.uniqueKey()),
                body,
                headers);
    }

    static Message disabled(Endpoint endpoint, String reason, String environmentName) {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", "nango")
                .put("type", "webhook_endpoint")
                .put("operation", "disabled")
                .put("success", false)
                .put("endpointId", endpoint.id().toString())
                .put("url", endpoint.url())
                .put("environment", environmentName);
        error(body, "endpoint_disabled", Map.of("reason", reason));
        return new Message(
                endpoint.environment(),
                EventType.ENDPOINT_DISABLED,
                endpoint.id(),
                Optional.empty(),
                Optional.empty(),
                body);
    }

    /** The log is the installation's: no environment receives its rows, only their number and hash. */
    static Message anchored(UUID environment, String environmentName, Anchor anchor) {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", "nango")
                .put("type", "audit_log")
                .put("operation", "anchored")
                .put("success", true)
                .put("environment", environmentName)
                .put("anchor", anchor.toString())
                .put("count", anchor.number());
        return new Message(
                environment, EventType.AUDIT_LOG_ANCHORED, environment, Optional.empty(), Optional.empty(), body);
    }

    static Message test(Endpoint endpoint, String environmentName) {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("from", "nango")
                .put("type", "test")
                .put("operation", "test")
                .put("success", true)
                .put("endpointId", endpoint.id().toString())
                .put("environment", environmentName);
        return new Message(
                endpoint.environment(), EventType.TEST, endpoint.id(), Optional.empty(), Optional.empty(), body);
    }

    private static void error(ObjectNode body, String type, Map<String, String> details) {
        body.putObject("error")
                .put("type", type)
                .put("description", details.getOrDefault("reason", details.getOrDefault("description", type)));
    }

    private static ObjectNode endUser(Connection.EndUser user) {
        ObjectNode json = Json.MAPPER.createObjectNode().put("endUserId", user.id());
        user.email().ifPresent(email -> json.put("endUserEmail", email));
        user.organization().ifPresent(organization -> json.put("organizationId", organization.id()));
        json.set("tags", Json.MAPPER.valueToTree(user.tags()));
        return json;
    }

    private static String authMode(Optional<Provider> provider) {
        return provider.map(it -> it.auth().facts().mode()).orElse("unknown");
    }
}
