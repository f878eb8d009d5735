package dev.latchkey.server.webhooks.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.audit.Anchor;
import dev.latchkey.server.connections.AuthorizationFailed;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.EnvironmentEvent;
import dev.latchkey.server.connections.Event;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.ProviderEvent;
import dev.latchkey.server.docs.GeneratedPage;
import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.ShippedProviders;
import java.io.IOException;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** docs/reference/events.md: each event with a body that the product's own code has made. */
class EventReferenceTest {
    private static final UUID ID = UUID.fromString("01a22d57-4edb-7574-8504-6d152d522440");
    private static final Instant NOON = Instant.parse("2026-11-30T12:00:00Z");
    private static final Map<String, String> REJECTED =
            Map.of("reason", "The provider refuses the refresh token: invalid_grant. Ask the user to authorize again.");
    private static final Map<String, String> PAUSED = Map.of("by", "ada@example.com", "reason", "seen in a log");

    private final Integration integration = new Integration(
            ID,
            ID,
            "github",
            "github",
            new Integration.Setup("GitHub", Optional.empty(), Map.of(), List.of("repo"), Map.of(), true, false),
            Optional.empty(),
            NOON,
            NOON,
            Optional.empty());
    private final Connection.EndUser user = new Connection.EndUser(
            "user-42",
            Optional.of("ada@example.com"),
            Optional.empty(),
            Map.of(),
            Optional.of(new Connection.Organization("acme", Optional.empty())));
    private final Endpoint endpoint = new Endpoint(
            ID,
            ID,
            new Endpoint.Settings(
                    Endpoint.Role.PRIMARY,
                    "https://api.example.com/hooks",
                    "",
                    Map.of(),
                    false,
                    true,
                    Forwarding.EVENTS),
            Endpoint.Health.GOOD,
            NOON,
            NOON);

    @Test
    void thePageHasEveryEventAsItIsSent() throws IOException {
        Map<EventType, JsonNode> bodies = new EnumMap<>(EventType.class);
        for (Event event : List.of(
                of(ConnectionEvent.Kind.CREATED, Map.of()),
                of(ConnectionEvent.Kind.OVERRIDDEN, Map.of()),
                of(ConnectionEvent.Kind.REFRESHED, Map.of()),
                of(ConnectionEvent.Kind.REFRESH_FAILED, Map.of("reason", "The provider does not respond.")),
                of(ConnectionEvent.Kind.NEEDS_AUTHORIZATION, REJECTED),
                of(ConnectionEvent.Kind.RECOVERED, Map.of()),
                of(ConnectionEvent.Kind.DELETED, Map.of()),
                of(ConnectionEvent.Kind.PAUSED, PAUSED),
                of(ConnectionEvent.Kind.RESUMED, Map.of("by", "ada@example.com")),
                of(ConnectionEvent.Kind.EXPIRING_SOON, Map.of("ends_at", "2026-12-07T12:00:00.000Z")),
                failed(Optional.empty()),
                failed(Optional.of(connection(Optional.empty()))),
                of(IntegrationEvent.Kind.MISCONFIGURED, Map.of("reason", "invalid_client")),
                of(IntegrationEvent.Kind.RECOVERED, Map.of()),
                of(IntegrationEvent.Kind.PAUSED, PAUSED),
                of(IntegrationEvent.Kind.RESUMED, Map.of("by", "ada@example.com")),
                new EnvironmentEvent(EnvironmentEvent.Kind.PAUSED, ID, PAUSED),
                new EnvironmentEvent(EnvironmentEvent.Kind.RESUMED, ID, Map.of("by", "ada@example.com")),
                new ProviderEvent(
                        ProviderEvent.Kind.INCIDENT,
                        ID,
                        "github",
                        Map.of("reason", "Five connections got no response.")),
                new ProviderEvent(ProviderEvent.Kind.INCIDENT_ENDED, ID, "github", Map.of()))) {
            add(bodies, Payloads.of(event, "prod", ShippedProviders.of(ID)).orElseThrow());
        }
        add(
                bodies,
                Payloads.forward(
                        integration,
                        Map.of(),
                        ID,
                        Optional.of("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
                        Optional.of("issues"),
                        Json.MAPPER.createObjectNode().put("action", "opened")));
        add(bodies, Payloads.disabled(endpoint, "No delivery has succeeded for three days.", "prod"));
        add(
                bodies,
                Payloads.anchored(
                        ID, "prod", Anchor.parse("1204:" + "0f".repeat(32)).orElseThrow()));
        add(bodies, Payloads.test(endpoint, "prod"));

        assertThat(bodies.keySet()).containsExactly(EventType.values());
        GeneratedPage.hold("events.md", page(bodies));
    }

    private static String page(Map<EventType, JsonNode> bodies) {
        StringBuilder page = new StringBuilder("""
                # Webhook events

                Written from the code by `./latchkey docs`; do not edit.

                The body of each event that Latchkey sends. The header `X-Latchkey-Event` has the event's name. Members with a value of one
                connection (`connectionId`, `endUser`, `tags`) are as that connection has them; `endUser` is absent if no end user is known. No
                event contains a credential. How to receive and verify them: [webhooks](../webhooks.md).

                `type: auth` are Nango's events, to the letter; a handler for Nango reads them unchanged.

                """);
        bodies.forEach((type, body) -> page.append("## `" + type.title() + "`\n\n")
                .append(type.description())
                .append(
                        type.isSetting()
                                ? type.byDefault() ? " On by default." : ""
                                : " Switched together with `" + type.decidedBy().title() + "`.")
                .append("\n\n```json\n")
                .append(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(body))
                .append("\n```\n\n"));
        return page.toString().stripTrailing() + "\n";
    }

    private static void add(Map<EventType, JsonNode> bodies, Message message) {
        ObjectNode body = (ObjectNode) message.body();
        for (String name : List.of("tags", "details")) {
            if (body.get(name) instanceof ObjectNode members) {
                // Their order differs from one JVM to the next.
                Map<String, JsonNode> sorted = new TreeMap<>();
                members.properties().forEach(member -> sorted.put(member.getKey(), member.getValue()));
                members.removeAll().setAll(sorted);
            }
        }
        bodies.put(message.type(), body);
    }

    private ConnectionEvent of(ConnectionEvent.Kind kind, Map<String, String> details) {
        return new ConnectionEvent(
                kind,
                connection(
                        kind == ConnectionEvent.Kind.REFRESH_FAILED
                                ? Optional.of(new Connection.Failure(
                                        Connection.Failure.Kind.TRANSIENT, NOON, 1, "op", Optional.empty()))
                                : Optional.empty()),
                details);
    }

    private IntegrationEvent of(IntegrationEvent.Kind kind, Map<String, String> details) {
        return new IntegrationEvent(kind, integration, details);
    }

    private AuthorizationFailed failed(Optional<Connection> before) {
        return new AuthorizationFailed(
                integration,
                before,
                "7c9e6679-7425-40de-944b-e07fc1f90ae7",
                ID,
                Optional.of(user),
                user.asTags(),
                Optional.empty(),
                "callback_err",
                "The user denied the access at GitHub.");
    }

    private Connection connection(Optional<Connection.Failure> failure) {
        return new Connection(
                new Connection.Identity(ID, ID, 1, ID, "github", "github", "7c9e6679-7425-40de-944b-e07fc1f90ae7"),
                new Connection.Grant(
                        new Credentials.None(),
                        Map.of(),
                        Json.MAPPER.createObjectNode(),
                        new GrantedScopes(List.of("repo"), List.of())),
                1,
                new Connection.Description(
                        Json.MAPPER.createObjectNode(), user.asTags(), Optional.of(user), Optional.empty()),
                failure,
                Connection.Upkeep.of(Connection.Schedule.NEVER),
                new Connection.Times(NOON, NOON, Optional.empty()),
                Optional.empty());
    }
}
