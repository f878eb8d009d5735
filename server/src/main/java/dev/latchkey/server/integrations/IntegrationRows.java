package dev.latchkey.server.integrations;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.MappingException;
import org.jdbi.v3.core.statement.StatementContext;
import org.jdbi.v3.core.statement.Update;
import tools.jackson.databind.node.ObjectNode;

/** Integrations as rows, their secrets encrypted. */
final class IntegrationRows {
    static final String WHAT = "integration";

    static final String COLUMNS =
            "environment_id, id, unique_key, provider, display_name, client_id, secrets, scopes, settings, forward_webhooks, lab, broken_since, broken_reason, probe_at, created_at, updated_at, paused_at, paused_by, paused_reason";

    private final Vault vault;

    IntegrationRows(Vault vault) {
        this.vault = vault;
    }

    Update bind(Handle handle, String sql, Integration given) {
        Integration integration = given.sealed();
        ObjectNode secrets = Json.MAPPER.createObjectNode();
        integration.secrets().forEach((name, secret) -> secrets.put(name, secret.reveal()));
        return handle.createUpdate(sql)
                .bind("environment", integration.environment())
                .bind("id", integration.id())
                .bind("key", integration.uniqueKey())
                .bind("provider", integration.provider())
                .bind("name", integration.displayName())
                .bind("client", integration.clientId().orElse(null))
                .bind(
                        "secrets",
                        integration.secrets().isEmpty()
                                ? null
                                : vault.encryptJson(binding(integration.environment(), integration.id()), secrets))
                .bind("scopes", String.join(",", integration.scopes()))
                .bind("settings", Json.MAPPER.writeValueAsString(integration.settings()))
                .bind("forward", integration.forwardWebhooks())
                .bind("lab", integration.lab())
                .bind("created", integration.createdAt().atOffset(ZoneOffset.UTC))
                .bind("updated", integration.updatedAt().atOffset(ZoneOffset.UTC));
    }

    Integration read(ResultSet row, StatementContext context) throws SQLException {
        return read(row, secrets(row), settings(row.getString("settings")));
    }

    /** The readable parts; unreadable secrets or settings are absent. */
    Integration partly(ResultSet row, StatementContext context) throws SQLException {
        String settings = row.getString("settings");
        return read(row, Rows.part(() -> secrets(row), Map.of()), Rows.part(() -> settings(settings), Map.of()));
    }

    private Map<String, Secret> secrets(ResultSet row) {
        try {
            byte[] sealed = row.getBytes("secrets");
            Map<String, Secret> secrets = new HashMap<>();
            if (sealed != null) {
                Binding binding = binding(row.getObject("environment_id", UUID.class), row.getObject("id", UUID.class));
                vault.decryptJson(binding, sealed)
                        .properties()
                        .forEach(entry -> secrets.put(
                                entry.getKey(), new Secret(entry.getValue().asString())));
            }
            return Map.copyOf(secrets);
        } catch (SQLException e) {
            throw new MappingException(e);
        }
    }

    private static Map<String, String> settings(String json) {
        if (!(Json.MAPPER.readTree(json) instanceof ObjectNode object)) {
            throw new IllegalArgumentException("settings are not an object");
        }
        Map<String, String> settings = new HashMap<>();
        object.properties()
                .forEach(entry -> settings.put(entry.getKey(), entry.getValue().asString()));
        return Map.copyOf(settings);
    }

    private static Integration read(ResultSet row, Map<String, Secret> secrets, Map<String, String> settings)
            throws SQLException {
        return new Integration(
                row.getObject("environment_id", UUID.class),
                row.getObject("id", UUID.class),
                row.getString("unique_key"),
                row.getString("provider"),
                new Integration.Setup(
                        row.getString("display_name"),
                        Optional.ofNullable(row.getString("client_id")),
                        secrets,
                        Integration.scopes(row.getString("scopes")),
                        settings,
                        row.getBoolean("forward_webhooks"),
                        row.getBoolean("lab")),
                broken(row),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                row.getObject("updated_at", OffsetDateTime.class).toInstant(),
                Pause.read(row));
    }

    private static Optional<Integration.Broken> broken(ResultSet row) throws SQLException {
        Optional<Instant> since = time(row, "broken_since");
        return since.isEmpty()
                ? Optional.empty()
                : Optional.of(new Integration.Broken(
                        since.get(),
                        row.getString("broken_reason"),
                        time(row, "probe_at").orElse(since.get())));
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }

    private static Binding binding(UUID environment, UUID id) {
        return new Binding(environment, "integrations", id, "secrets");
    }
}
