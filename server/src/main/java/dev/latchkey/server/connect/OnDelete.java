package dev.latchkey.server.connect;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.oauth.ApiCall;
import dev.latchkey.server.oauth.ValuesOf;
import java.util.Map;
import java.util.Optional;

/**
 * Ends the grant at the provider once its connection is deleted (RFC 7009, or the vendor's own call). It never holds up the
 * deletion; a failure is told in the timeline. Thread-safe.
 */
public final class OnDelete {
    private final Catalogue catalogue;
    private final ApiCall api;
    private final Connections connections;

    public OnDelete(Catalogue catalogue, ApiCall api, Connections connections) {
        this.catalogue = catalogue;
        this.api = api;
        this.connections = connections;
    }

    /** Returns at once. */
    public void revoke(Integration integration, Connection deleted) {
        Optional<Provider> provider = catalogue.find(integration.provider());
        provider.flatMap(Provider::onDelete)
                .ifPresent(call -> Thread.ofVirtual().name("revoke").start(() -> {
                    try {
                        Egress.Answer answer = api.send(
                                provider.get(),
                                integration,
                                call,
                                new ValuesOf(
                                        integration,
                                        deleted.config(),
                                        deleted.secrets(),
                                        Optional.of(deleted.credentials())));
                        if (answer.status() >= 300) {
                            failed(deleted, provider.get().name() + " answered " + answer.status());
                        }
                    } catch (EgressException | IllegalArgumentException e) {
                        failed(deleted, String.valueOf(e.getMessage()));
                    }
                }));
    }

    private void failed(Connection deleted, String reason) {
        connections.note(
                new ConnectionEvent(ConnectionEvent.Kind.REVOCATION_FAILED, deleted, Map.of("reason", reason)));
    }
}
