package dev.latchkey.server.connect;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.connect.ConnectSession.Outcome;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Batcher;
import dev.latchkey.server.storage.Columns;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Vault;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Connect sessions; of a token only the SHA-256 is stored. Thread-safe. */
public final class ConnectSessions {
    private static final String WRITE = "environment:connect_sessions:write";

    public static final String PREFIX = "nango_connect_session_";
    private static final Duration LIFETIME = Duration.ofMinutes(30);
    private static final String SELECT =
            "SELECT environment_id, id, request, reconnect_id, expires_at, outcome, presets, encode(confirmed_by, 'hex'), made FROM connect_sessions";

    private static final int MOST_AT_ONCE = 100;

    private record Row(
            UUID environment,
            UUID id,
            byte[] hash,
            String request,
            byte @Nullable [] presets,
            @Nullable UUID reconnect,
            Instant expiresAt,
            Instant createdAt) {}

    private final Batcher<Row, Row> creations = new Batcher<>("connect-sessions-written", MOST_AT_ONCE, this::insert);
    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final SecureRandom random;
    private final InstantSource clock;
    private final AuditLog audit;

    public ConnectSessions(
            Database database, Vault vault, Ids ids, SecureRandom random, InstantSource clock, AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.random = random;
        this.clock = clock;
    }

    /** The token is known only here and to its recipient. */
    public record Created(UUID id, Secret token, Instant expiresAt) {}

    /**
     * @param reconnect the connection that is authorized again
     * @throws dev.latchkey.server.access.ForbiddenException without the right
     * @throws dev.latchkey.server.access.PausedException while the environment is paused
     */
    public Created create(
            Actor actor, Environment environment, SessionRequest request, Optional<Connection> reconnect) {
        actor.require(environment.id(), WRITE);
        environment.requireRunning();
        note(actor, environment, request, reconnect);
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        Secret token = new Secret(PREFIX + HexFormat.of().formatHex(bits));
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Instant expiresAt = now.plus(LIFETIME);
        UUID id = ids.next();
        Row unused = creations.run(new Row(
                environment.id(),
                id,
                Hash.of(token.reveal()),
                SessionRequestJson.write(request).toString(),
                request.presets()
                        .stored()
                        .map(json -> vault.encryptJson(binding(environment.id(), id), json))
                        .orElse(null),
                reconnect.map(Connection::id).orElse(null),
                expiresAt,
                now));
        return new Created(id, token, expiresAt);
    }

    /** Of a backend there is one for each user who connects, and what comes of it is in the timeline; a member's link is a row. */
    private void note(Actor actor, Environment environment, SessionRequest request, Optional<Connection> reconnect) {
        switch (actor) {
            case Actor.Person _ ->
                database.inTransaction(handle -> {
                    audit.note(
                            handle,
                            actor,
                            environment.id(),
                            reconnect.isPresent() ? "made a reconnect link" : "made a connect link",
                            reconnect
                                    .map(it -> it.integrationKey() + "/" + it.name())
                                    .orElseGet(() -> String.join(", ", request.allowedIntegrations())),
                            request.endUser()
                                    .map(user -> Map.of("user", user.id()))
                                    .orElse(Map.of()));
                    return true;
                });
            case Actor.Key _, Actor.System _, Actor.EndUser _ -> {}
        }
    }

    private List<Row> insert(List<Row> rows) {
        // A crash of the database may lose the sessions of its last instant: their users start again.
        database.withHandle(handle -> handle.createUpdate("""
                        WITH relaxed AS (SELECT set_config('synchronous_commit', 'off', true))
                        INSERT INTO connect_sessions (environment_id, id, token_hash, request, presets, reconnect_id, expires_at, created_at)
                        SELECT environment, id, hash, CAST(request AS jsonb), presets, reconnect, expires, created
                        FROM relaxed, unnest(:environments, :ids, :hashes, :requests, :presets, :reconnects, :expiries, :creations)
                            AS t (environment, id, hash, request, presets, reconnect, expires, created)""")
                .bindArray("environments", UUID.class, Columns.of(rows, Row::environment))
                .bindArray("ids", UUID.class, Columns.of(rows, Row::id))
                .bind("hashes", Columns.bytes(rows, Row::hash))
                .bindArray("requests", String.class, Columns.of(rows, Row::request))
                .bind("presets", Columns.bytes(rows, Row::presets))
                .bindArray("reconnects", UUID.class, Columns.of(rows, Row::reconnect))
                .bindArray(
                        "expiries",
                        OffsetDateTime.class,
                        Columns.of(rows, row -> row.expiresAt().atOffset(ZoneOffset.UTC)))
                .bindArray(
                        "creations",
                        OffsetDateTime.class,
                        Columns.of(rows, row -> row.createdAt().atOffset(ZoneOffset.UTC)))
                .execute());
        return rows;
    }

    /** Empty for an unknown, a deleted and an expired token alike. */
    public Optional<ConnectSession> find(String token) {
        return database.withHandle(handle ->
                one(handle.createQuery(SELECT + " WHERE token_hash = :hash AND expires_at > :now")
                        .bind("hash", Hash.of(token))
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))));
    }

    /** Also an expired one, for some time: for the member who made it. */
    public Optional<ConnectSession> byId(UUID environment, UUID id) {
        return database.withHandle(
                handle -> one(handle.createQuery(SELECT + " WHERE environment_id = :environment AND id = :id")
                        .bind("environment", environment)
                        .bind("id", id)));
    }

    private Optional<ConnectSession> one(Query query) {
        return query.map(Rows.certain(
                        "connect_session",
                        (row, context) -> read(
                                row.getObject(1, UUID.class),
                                row.getObject(2, UUID.class),
                                request(
                                        row.getObject(1, UUID.class),
                                        row.getObject(2, UUID.class),
                                        row.getString(3),
                                        Optional.ofNullable(row.getBytes(7))),
                                Optional.ofNullable(row.getObject(4, UUID.class)),
                                row.getObject(5, OffsetDateTime.class).toInstant(),
                                Optional.ofNullable(row.getString(6)).map(ConnectSessions::outcome),
                                Optional.ofNullable(row.getString(8)),
                                row.getString(9))))
                .findOne();
    }

    private SessionRequest request(UUID environment, UUID id, String open, Optional<byte[]> presets) {
        return SessionRequestJson.read(
                (ObjectNode) Json.MAPPER.readTree(open),
                presets.map(bytes -> new Presets(vault.decryptJson(binding(environment, id), bytes)))
                        .orElse(Presets.NONE));
    }

    private static Binding binding(UUID environment, UUID id) {
        return new Binding(environment, "connect_sessions", id, "presets");
    }

    /** Stores how a flow ended, for the session's page to query; an expired session is not queried any more. */
    public void ended(UUID environment, UUID session, FlowResult result) {
        database.withHandle(handle -> ended(handle, environment, session, result, 0));
    }

    /** The same for a failure, which is counted. @return how many the session has had; empty when it has expired */
    Optional<Integer> failed(Handle handle, UUID environment, UUID session, FlowResult.Refused result) {
        return ended(handle, environment, session, result, 1);
    }

    private Optional<Integer> ended(Handle handle, UUID environment, UUID session, FlowResult result, int failures) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("integration", result.integrationKey())
                .put("at", clock.instant().truncatedTo(ChronoUnit.MILLIS).toString());
        switch (result) {
            case FlowResult.Connected connected ->
                json.put("connection", connected.connectionName()).put("pending", connected.pending());
            case FlowResult.Refused refused -> json.put("code", refused.code()).put("message", refused.message());
        }
        return handle.createQuery("""
                        UPDATE connect_sessions SET outcome = CAST(:outcome AS jsonb)
                            || jsonb_build_object('failures', COALESCE(CAST(outcome ->> 'failures' AS integer), 0) + :failures)
                        WHERE environment_id = :environment AND id = :id
                        RETURNING CAST(outcome ->> 'failures' AS integer)""")
                .bind("outcome", json.toString())
                .bind("failures", failures)
                .bind("environment", environment)
                .bind("id", session)
                .mapTo(Integer.class)
                .findOne();
    }

    private static Outcome outcome(String text) {
        JsonNode json = Json.MAPPER.readTree(text);
        return new Outcome(
                json.path("integration").asString(""),
                Optional.ofNullable(json.get("connection")).map(JsonNode::asString),
                json.path("pending").asBoolean(false),
                json.path("code").asString(""),
                json.path("message").asString(""),
                Instant.parse(json.path("at").asString()));
    }

    /** The person in front of this browser has said that they are the session's user. @param browser the value of its cookie */
    public void confirm(ConnectSession session, String browser) {
        database.withHandle(handle -> handle.createUpdate(
                        "UPDATE connect_sessions SET confirmed_by = :browser WHERE environment_id = :environment AND id = :id")
                .bind("browser", Hash.of(browser))
                .bind("environment", session.environment())
                .bind("id", session.id())
                .execute());
    }

    /**
     * Counts a connection that is about to be made, in one statement: a leaked token cannot create an unlimited number.
     *
     * @return false: the session has reached its limit. An expired session counts nothing
     */
    boolean mayMake(UUID environment, UUID session, String integrationKey) {
        return database.withHandle(handle -> handle.createQuery("""
                        WITH counted AS (
                            UPDATE connect_sessions
                            SET made = jsonb_set(made, ARRAY[:key], to_jsonb(COALESCE(CAST(made ->> :key AS integer), 0) + 1))
                            WHERE environment_id = :environment AND id = :id
                                AND COALESCE(CAST(made ->> :key AS integer), 0)
                                    < COALESCE(CAST(request ->> 'max_connections' AS integer), :most)
                            RETURNING id)
                        SELECT EXISTS (SELECT 1 FROM counted)
                            OR NOT EXISTS (SELECT 1 FROM connect_sessions WHERE environment_id = :environment AND id = :id)""")
                .bind("key", integrationKey)
                .bind("environment", environment)
                .bind("id", session)
                .bind("most", ConnectSession.MOST_CONNECTIONS)
                .mapTo(Boolean.class)
                .one());
    }

    public void delete(ConnectSession session) {
        database.withHandle(handle -> handle.createUpdate(
                        "DELETE FROM connect_sessions WHERE environment_id = :environment AND id = :id")
                .bind("environment", session.environment())
                .bind("id", session.id())
                .execute());
    }

    private static ConnectSession read(
            UUID environment,
            UUID id,
            SessionRequest request,
            Optional<UUID> reconnect,
            Instant expiresAt,
            Optional<Outcome> outcome,
            Optional<String> confirmedBy,
            String counts) {
        Map<String, Integer> made = new HashMap<>();
        Json.MAPPER
                .readTree(counts)
                .properties()
                .forEach(entry -> made.put(entry.getKey(), entry.getValue().asInt()));
        return new ConnectSession(environment, id, request, reconnect, expiresAt, outcome, confirmedBy, made);
    }

    /** Deletes those that have expired. Called regularly. */
    public void prune() {
        database.withHandle(handle -> handle.createUpdate("DELETE FROM connect_sessions WHERE expires_at < :now")
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .execute());
    }
}
