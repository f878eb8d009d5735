package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.providers.Providers;
import java.util.Optional;

/** What a connection was made with: the provider's definition and the integration. Thread-safe. */
record Origins(Providers providers, Integrations integrations) {
    Optional<Provider> provider(Connection connection) {
        return providers.of(connection);
    }

    /** The one that has its key now. */
    Optional<Integration> named(Connection connection) {
        return integrations
                .find(connection.environment(), connection.integrationKey())
                .map(found -> providers.as(connection, found));
    }

    /** The one that it belongs to, whatever key that has now. */
    Optional<Integration> integration(Connection connection) {
        return named(connection)
                .filter(found -> found.id().equals(connection.integration()))
                .or(() -> integrations
                        .byId(connection.environment(), connection.integration())
                        .map(found -> providers.as(connection, found)));
    }
}
