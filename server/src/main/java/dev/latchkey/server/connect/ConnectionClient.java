package dev.latchkey.server.connect;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import java.util.Optional;

/** The OAuth client that one connection brings; without an id it uses its integration's. */
public record ConnectionClient(Optional<String> id, Optional<Secret> secret) {
    static final ConnectionClient NONE = new ConnectionClient(Optional.empty(), Optional.empty());

    /** The integration as the connection uses it. */
    Integration over(Integration integration) {
        return id.isPresent() ? integration.withClient(id.get(), secret) : integration;
    }
}
