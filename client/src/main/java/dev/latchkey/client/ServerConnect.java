package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** Connects by the server with values that are known already, as {@code POST /connections} takes them. */
final class ServerConnect {
    /** Members of the credentials that a definition need not have as fields. */
    private static final Set<String> STANDARD =
            Set.of("apiKey", "username", "password", "client_id", "client_secret", "connection_string");

    private final OwnProviders providers;
    private final Integrations integrations;
    private final Connections connections;

    ServerConnect(OwnProviders providers, Integrations integrations, Connections connections) {
        this.providers = providers;
        this.integrations = integrations;
        this.connections = connections;
    }

    static IllegalArgumentException unknown(String connector) {
        return new IllegalArgumentException("there is no connector '" + connector + "'; connectors() lists them");
    }

    /** {@code connector} may also be the key of an integration that exists. */
    Verified connect(String connector, String connectionId, Map<String, String> values) {
        Integration integration = integrations.find(connector).orElse(null);
        String provider = integration == null ? connector : integration.provider();
        Json definition = providers.find(provider).orElseThrow(() -> unknown(connector));
        if (new Connector(definition).opensPage()) {
            throw new IllegalStateException(
                    "Connecting " + definition.get("display_name").text().orElse(connector)
                            + " takes its user's browser: send them to getAuthUrl(\"" + connector + "\", ...).");
        }
        if (integration == null) {
            integrations.create(NewIntegration.of(connector, provider));
        }
        Map<String, Object> credentials = new LinkedHashMap<>();
        Map<String, Object> config = new LinkedHashMap<>();
        credentials.put("type", definition.get("auth_mode").asText());
        values.forEach((name, value) -> {
            // Java's own name for it, beside that of the API.
            String member = name.equals("connectionString") ? "connection_string" : name;
            boolean isConfig = definition.get("connection_config").get(member).exists();
            boolean isCredential = definition.get("credentials").get(member).exists() || STANDARD.contains(member);
            boolean datastore = definition.get("auth_mode").asText().equals("DATASTORE");
            (isCredential || (datastore && isConfig) ? credentials : config).put(member, value);
        });
        NewConnection connection = NewConnection.of(connector, Credentials.of(Json.of(credentials)))
                .withConnectionId(connectionId);
        return new Verified(
                connections.create(config.isEmpty() ? connection : connection.withConnectionConfig(config)),
                Verified.Proof.BY_SERVER);
    }
}
