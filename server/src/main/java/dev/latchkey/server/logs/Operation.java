package dev.latchkey.server.logs;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import java.util.Collection;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/**
 * The current thread's operation, so that its calls become lines of it in the log.
 *
 * @param id shared by its lines; also what the API shows as {@code log_id}
 * @param secrets values in flight: redacted wherever they appear in a line
 */
public record Operation(
        UUID id,
        UUID environment,
        LogEntry.Type type,
        String integrationKey,
        Optional<UUID> connection,
        Optional<String> connectionName,
        Set<String> secrets) {
    /** Shorter values would redact ordinary words. */
    private static final int SHORTEST_SECRET = 6;

    /** Before the connection exists. */
    public static Operation of(UUID id, LogEntry.Type type, Integration integration) {
        return new Operation(
                id,
                integration.environment(),
                type,
                integration.uniqueKey(),
                Optional.empty(),
                Optional.empty(),
                Set.copyOf(secrets(integration)));
    }

    public static Operation of(UUID id, LogEntry.Type type, Integration integration, Connection connection) {
        Set<String> secrets = secrets(integration);
        connection.secrets().values().forEach(secret -> add(secrets, secret.reveal()));
        collect(CredentialsJson.stored(connection.credentials()), secrets);
        return new Operation(
                id,
                integration.environment(),
                type,
                integration.uniqueKey(),
                Optional.of(connection.id()),
                Optional.of(connection.name()),
                Set.copyOf(secrets));
    }

    /** The same, with further secrets in flight. */
    public Operation knowing(Collection<Secret> more) {
        Set<String> all = new HashSet<>(secrets);
        more.forEach(secret -> add(all, secret.reveal()));
        return with(id, all);
    }

    /** The same, with the secrets of credentials that are not a connection's yet. */
    public Operation knowing(Credentials typed) {
        Set<String> all = new HashSet<>(secrets);
        collect(CredentialsJson.stored(typed), all);
        return with(id, all);
    }

    /** Another one of the same: collecting the values in flight once is cheaper than for each. */
    public Operation again(UUID next) {
        return with(next, secrets);
    }

    private Operation with(UUID itsId, Set<String> known) {
        return new Operation(itsId, environment, type, integrationKey, connection, connectionName, Set.copyOf(known));
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return type.text() + " " + integrationKey + " " + id;
    }

    private static Set<String> secrets(Integration integration) {
        Set<String> secrets = new HashSet<>();
        integration.secrets().values().forEach(secret -> add(secrets, secret.reveal()));
        return secrets;
    }

    private static void collect(JsonNode node, Set<String> secrets) {
        node.properties().forEach(entry -> {
            if (entry.getValue().isString() && Redactor.isSecretName(entry.getKey())) {
                add(secrets, entry.getValue().asString());
            }
        });
        node.forEach(child -> collect(child, secrets));
    }

    private static void add(Set<String> secrets, String value) {
        if (value.length() >= SHORTEST_SECRET) {
            secrets.addAll(Spellings.of(value));
        }
    }
}
