package dev.latchkey.server.connections;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.json.Json;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** What an actor sees of a connection's secrets. No other class converts credentials to output. */
public final class Disclosed {
    /** Opens credentials, and what the definition declares secret among a connection's values. */
    public static final String SCOPE = "environment:connections:read_credentials";

    private Disclosed() {}

    public static boolean to(Actor actor, UUID environment) {
        return actor.may(environment, SCOPE);
    }

    /** As the API answers; empty without the right. @param refreshToken whether the refresh token is shown, also inside {@code raw} */
    public static ObjectNode credentials(Actor actor, Connection connection, boolean refreshToken) {
        return to(actor, connection.environment())
                ? CredentialsJson.answer(connection, refreshToken)
                : Json.MAPPER.createObjectNode();
    }

    /** Including values that a backend or a user sent under a credential's name, which are encrypted whatever the definition says. */
    private static ObjectNode whole(Connection connection, Optional<Provider> definition) {
        ObjectNode config = connection.config().deepCopy();
        connection.secrets().forEach((name, secret) -> {
            boolean declared =
                    definition.filter(it -> it.fields().containsKey(name)).isPresent();
            if (!declared && ConfigFields.isCredential(name)) {
                config.put(name, secret.reveal());
            }
        });
        return config;
    }

    /**
     * The connection's values that are stored in plain text. A definition may declare a field secret after values of it were stored: without
     * the right they are left out.
     *
     * @param definition absent: the provider is no longer defined, and any value may be secret
     */
    public static ObjectNode config(Actor actor, Connection connection, Optional<Provider> definition) {
        ObjectNode config = connection.config();
        if (to(actor, connection.environment())) {
            return whole(connection, definition);
        }
        ObjectNode shown = Json.MAPPER.createObjectNode();
        if (definition.isPresent()) {
            config.properties().stream()
                    .filter(value -> !ConfigFields.isSecret(definition.get(), value.getKey()))
                    .forEach(value -> shown.set(value.getKey(), value.getValue()));
        }
        return shown;
    }
}
