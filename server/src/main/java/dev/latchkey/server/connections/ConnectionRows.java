package dev.latchkey.server.connections;

import dev.latchkey.server.access.Pause;
import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.StatementContext;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Maps a row to a connection, decrypted. */
public final class ConnectionRows implements RowMapper<Connection> {
    /** Of {@code connections c} and its {@code integrations i}: what {@link #map} reads. */
    public static final String COLUMNS = """
            c.environment_id, c.id, c.number, c.integration_id, i.unique_key, i.provider, c.connection_id, c.credentials,
                   c.secrets, c.version, c.config, c.metadata, c.tags, c.end_user, c.webhook_url_override, c.granted_scopes,
                   c.missing_scopes, c.failing_since, c.failures,
                   c.failure_kind, c.failure_log_id, c.next_attempt_at, c.created_at, c.updated_at, c.last_fetched_at, c.refresh_at,
                   c.grant_ends_at, c.warn_at, c.interrupted_at, c.failure_told, c.paused_at, c.paused_by,
                   c.paused_reason, i.broken_since""";

    static final String SELECT = "SELECT " + COLUMNS + """

            FROM connections c """ + " " + IntegrationFragments.OF_CONNECTION;

    private final Vault vault;

    public ConnectionRows(Vault vault) {
        this.vault = vault;
    }

    public static Binding credentials(UUID environment, UUID id) {
        return new Binding(environment, "connections", id, "credentials");
    }

    static Binding secrets(UUID environment, UUID id) {
        return new Binding(environment, "connections", id, "secrets");
    }

    @Override
    public Connection map(ResultSet row, StatementContext context) throws SQLException {
        return read(row, new Parts() {
            @Override
            public <T> T part(Supplier<T> reading, T otherwise) {
                return reading.get();
            }
        });
    }

    /** The readable parts of a row that is to be deleted, or authorized again; the others are absent. */
    RowMapper<Connection> partly() {
        return (row, context) -> read(row, Rows::part);
    }

    private interface Parts {
        <T> T part(Supplier<T> reading, T otherwise);
    }

    private Connection read(ResultSet row, Parts parts) throws SQLException {
        UUID environment = row.getObject("environment_id", UUID.class);
        UUID id = row.getObject("id", UUID.class);
        Optional<byte[]> sealed = Optional.ofNullable(row.getBytes("secrets"));
        byte[] credentials = row.getBytes("credentials");
        String tags = row.getString("tags");
        String config = row.getString("config");
        String metadata = row.getString("metadata");
        Optional<String> endUser = Optional.ofNullable(row.getString("end_user"));
        return new Connection(
                new Connection.Identity(
                        environment,
                        id,
                        row.getLong("number"),
                        row.getObject("integration_id", UUID.class),
                        row.getString("unique_key"),
                        row.getString("provider"),
                        row.getString("connection_id")),
                new Connection.Grant(
                        parts.part(
                                () -> CredentialsJson.read(
                                        vault.decryptJson(credentials(environment, id), credentials)),
                                new Credentials.None()),
                        parts.part(
                                () -> sealed.map(bytes -> secrets(vault.decryptJson(secrets(environment, id), bytes)))
                                        .orElse(Map.of()),
                                Map.of()),
                        parts.part(() -> (ObjectNode) Json.MAPPER.readTree(config), Json.MAPPER.createObjectNode()),
                        scopes(row)),
                row.getLong("version"),
                new Connection.Description(
                        parts.part(() -> (ObjectNode) Json.MAPPER.readTree(metadata), Json.MAPPER.createObjectNode()),
                        parts.part(() -> tags(tags), Map.of()),
                        parts.part(() -> endUser.map(Json.MAPPER::readTree).map(EndUserJson::read), Optional.empty()),
                        Optional.ofNullable(row.getString("webhook_url_override"))),
                failure(row),
                new Connection.Upkeep(
                        new Connection.Schedule(
                                time(row, "refresh_at"), time(row, "grant_ends_at"), time(row, "warn_at")),
                        time(row, "interrupted_at"),
                        row.getBoolean("failure_told"),
                        time(row, "broken_since")),
                new Connection.Times(
                        time(row, "created_at").orElseThrow(),
                        time(row, "updated_at").orElseThrow(),
                        time(row, "last_fetched_at")),
                Pause.read(row));
    }

    private static Map<String, Secret> secrets(JsonNode json) {
        Map<String, Secret> secrets = new HashMap<>();
        json.properties()
                .forEach(entry ->
                        secrets.put(entry.getKey(), new Secret(entry.getValue().asString())));
        return Map.copyOf(secrets);
    }

    private static Map<String, String> tags(String json) {
        Map<String, String> tags = new HashMap<>();
        Json.MAPPER
                .readTree(json)
                .properties()
                .forEach(entry -> tags.put(entry.getKey(), entry.getValue().asString()));
        return Map.copyOf(tags);
    }

    static GrantedScopes scopes(ResultSet row) throws SQLException {
        return new GrantedScopes(
                GrantedScopes.split(row.getString("granted_scopes"), ""),
                GrantedScopes.split(row.getString("missing_scopes"), ""));
    }

    private static Optional<Connection.Failure> failure(ResultSet row) throws SQLException {
        String kind = row.getString("failure_kind");
        if (kind == null) {
            return Optional.empty();
        }
        return Optional.of(new Connection.Failure(
                Connection.Failure.Kind.of(kind),
                time(row, "failing_since").orElseThrow(),
                row.getInt("failures"),
                row.getString("failure_log_id"),
                time(row, "next_attempt_at")));
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
