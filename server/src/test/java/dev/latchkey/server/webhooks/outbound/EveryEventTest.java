package dev.latchkey.server.webhooks.outbound;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.WebhookEvent;
import dev.latchkey.client.Webhooks;
import dev.latchkey.server.audit.Anchor;
import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.Draft;
import dev.latchkey.server.connections.EnvironmentEvent;
import dev.latchkey.server.connections.Event;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.IntegrationEvent;
import dev.latchkey.server.connections.ProviderEvent;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Listener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Each event as the server really delivers it is a type of its own to the Java client. */
class EveryEventTest {
    @Test
    void theJavaClientReadsWhatTheServerDelivers() {
        try (Receiver receiver = new Receiver();
                Nodes nodes = new Nodes(receiver.host())) {
            Endpoint endpoint = ((Endpoints.Outcome.Saved) nodes.endpoints.create(
                            Nodes.ACTOR,
                            nodes.environment,
                            new Endpoint.Settings(
                                    Endpoint.Role.PRIMARY,
                                    receiver.url("/"),
                                    "",
                                    Map.of(EventType.CONNECTION_REFRESHED, true),
                                    false,
                                    true)))
                    .endpoint();
            Listener listener = new Listener(nodes.address);
            Integrations integrations = new Integrations(
                    nodes.database, nodes.vault, nodes.ids, nodes.clock, nodes.audit, nodes.announcements, listener);
            Connections connections = new Connections(
                    nodes.database,
                    nodes.vault,
                    nodes.ids,
                    nodes.clock,
                    new Timeline(nodes.ids, nodes.clock, List.of()),
                    nodes.audit,
                    nodes.announcements,
                    listener);
            Integration integration = integrations
                    .create(
                            Nodes.ACTOR,
                            nodes.environment,
                            new Integrations.Draft(
                                    "gh",
                                    "github",
                                    "GitHub",
                                    Optional.of("id"),
                                    Map.of(),
                                    List.of(),
                                    Map.of(),
                                    true,
                                    false))
                    .orElseThrow();
            Connection connection = connections.save(new Draft(
                    integration,
                    "c1",
                    new Connection.Grant(
                            new Credentials.None(), Map.of(), Json.MAPPER.createObjectNode(), GrantedScopes.UNKNOWN),
                    new Draft.Description(Optional.empty(), Map.of("plan", "pro"), Optional.empty(), Optional.empty()),
                    Connection.Schedule.NEVER,
                    Map.of()));
            nodes.database.withHandle(handle -> handle.createUpdate(
                            "UPDATE connections SET failure_kind = 'transient', failures = 1, failing_since = now()")
                    .execute());
            Connection failing =
                    connections.byId(nodes.environment, connection.id()).orElseThrow();

            Map<String, String> why = Map.of("reason", "Words.");
            List<Event> events = List.of(
                    new ConnectionEvent(ConnectionEvent.Kind.CREATED, connection, Map.of()),
                    new ConnectionEvent(ConnectionEvent.Kind.OVERRIDDEN, connection, Map.of()),
                    new ConnectionEvent(ConnectionEvent.Kind.REFRESHED, connection, Map.of()),
                    new ConnectionEvent(ConnectionEvent.Kind.REFRESH_FAILED, failing, why),
                    new ConnectionEvent(ConnectionEvent.Kind.RECOVERED, connection, Map.of()),
                    new ConnectionEvent(ConnectionEvent.Kind.NEEDS_AUTHORIZATION, failing, why),
                    new ConnectionEvent(ConnectionEvent.Kind.EXPIRING_SOON, connection, why),
                    new ConnectionEvent(ConnectionEvent.Kind.PAUSED, connection, why),
                    new ConnectionEvent(ConnectionEvent.Kind.RESUMED, connection, Map.of()),
                    new ConnectionEvent(ConnectionEvent.Kind.DELETED, connection, Map.of()));
            List<Event> others = List.of(
                    new IntegrationEvent(IntegrationEvent.Kind.MISCONFIGURED, integration, why),
                    new IntegrationEvent(IntegrationEvent.Kind.RECOVERED, integration, Map.of()),
                    new IntegrationEvent(IntegrationEvent.Kind.PAUSED, integration, why),
                    new IntegrationEvent(IntegrationEvent.Kind.RESUMED, integration, Map.of()),
                    new EnvironmentEvent(EnvironmentEvent.Kind.PAUSED, nodes.environment, why),
                    new EnvironmentEvent(EnvironmentEvent.Kind.RESUMED, nodes.environment, Map.of()),
                    new ProviderEvent(ProviderEvent.Kind.INCIDENT, nodes.environment, "github", why),
                    new ProviderEvent(ProviderEvent.Kind.INCIDENT_ENDED, nodes.environment, "github", Map.of()));
            nodes.deliver();
            for (Event event : java.util.stream.Stream.concat(events.stream(), others.stream())
                    .toList()) {
                nodes.database.inTransaction(handle -> {
                    nodes.outbox.accept(handle, event);
                    return true;
                });
            }
            nodes.deliveries.test(Nodes.ACTOR, nodes.environment, endpoint.id());
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> receiver.requests().size() == 19);

            Webhooks webhooks = Webhooks.signedWith(
                    nodes.keys.of(nodes.environment).getFirst().key().reveal());
            List<Class<?>> read = receiver.requests().stream()
                    .map(one -> webhooks.verify(one.body(), one.headers()))
                    .<Class<?>>map(Object::getClass)
                    .toList();
            assertThat(read)
                    .containsSubsequence(
                            WebhookEvent.Connected.class,
                            WebhookEvent.Reconnected.class,
                            WebhookEvent.Renewed.class,
                            WebhookEvent.RefreshFailing.class,
                            WebhookEvent.Recovered.class,
                            WebhookEvent.Failed.class,
                            WebhookEvent.ExpiringSoon.class,
                            WebhookEvent.Paused.class,
                            WebhookEvent.Resumed.class,
                            WebhookEvent.Deleted.class)
                    .containsSubsequence(
                            WebhookEvent.IntegrationMisconfigured.class,
                            WebhookEvent.IntegrationRecovered.class,
                            WebhookEvent.IntegrationPaused.class,
                            WebhookEvent.IntegrationResumed.class)
                    .containsSubsequence(WebhookEvent.EnvironmentPaused.class, WebhookEvent.EnvironmentResumed.class)
                    .containsSubsequence(WebhookEvent.ProviderIncident.class, WebhookEvent.ProviderIncidentEnded.class)
                    .contains(WebhookEvent.Test.class)
                    .hasSize(19);
        }
    }

    @Test
    void anAnchorOfTheAuditLogGoesOnlyToEndpointsThatWantIt() {
        try (Receiver receiver = new Receiver();
                Nodes nodes = new Nodes(receiver.host())) {
            for (String path : List.of("/wants", "/not")) {
                nodes.endpoints.create(
                        Nodes.ACTOR,
                        nodes.environment,
                        new Endpoint.Settings(
                                Endpoint.Role.OTHER,
                                receiver.url(path),
                                "",
                                path.equals("/wants") ? Map.of(EventType.AUDIT_LOG_ANCHORED, true) : Map.of(),
                                false,
                                true));
            }
            nodes.deliver();
            Path directory = Files.createTempDirectory("anchors-");
            AuditAnchors anchors =
                    new AuditAnchors(nodes.audit, nodes.database, directory, nodes.outbox::anchored, nodes.clock);

            Anchor anchor = anchors.now(Nodes.ACTOR).orElseThrow();
            // A day has not passed: neither this node nor another says it again.
            anchors.renew();
            new AuditAnchors(
                            nodes.audit,
                            nodes.database,
                            Files.createTempDirectory("anchors-"),
                            nodes.outbox::anchored,
                            nodes.clock)
                    .renew();

            await().atMost(Duration.ofSeconds(30))
                    .untilAsserted(() -> assertThat(receiver.requests()).hasSize(1));
            assertThat(receiver.requests().getFirst().json().toString())
                    .contains(anchor.toString())
                    .contains("audit_log");
            assertThat(nodes.audit.verify(anchors.kept()).intact()).isTrue();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
