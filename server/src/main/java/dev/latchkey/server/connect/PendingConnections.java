package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Draft;
import dev.latchkey.server.connections.DraftJson;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.mapper.RowMapper;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Grants of sessions with a code challenge, until the product's backend shows the verifier (as in RFC 7636, with the
 * product in the client's place): the grant belongs to the session's user only if it was given in a browser where that user is signed
 * in to the product. Until then no connection exists: nothing reads, lists, refreshes or announces it, and a connection that is
 * authorized again keeps its credential. Thread-safe.
 */
public final class PendingConnections {
    private static final Logger LOG = LoggerFactory.getLogger(PendingConnections.class);

    /** For the browser's way back to the product and the product's call; no person has to act in between. */
    static final Duration LIFETIME = Duration.ofMinutes(10);

    static final int MOST_ATTEMPTS = 5;

    /** RFC 7636 section 4.2: base64url of a SHA-256. */
    private static final Pattern CHALLENGE = Pattern.compile("[A-Za-z0-9_-]{43}");

    /** RFC 7636 section 4.1. */
    private static final Pattern VERIFIER = Pattern.compile("[A-Za-z0-9._~-]{43,128}");

    private final Database database;
    private final Vault vault;
    private final Connections connections;
    private final Integrations integrations;
    private final OnDelete onDelete;
    private final Ids ids;
    private final InstantSource clock;

    public PendingConnections(
            Database database,
            Vault vault,
            Connections connections,
            Integrations integrations,
            OnDelete onDelete,
            Ids ids,
            InstantSource clock) {
        this.database = database;
        this.vault = vault;
        this.connections = connections;
        this.integrations = integrations;
        this.onDelete = onDelete;
        this.ids = ids;
        this.clock = clock;
    }

    /** The result of an attempt to finish. */
    public sealed interface Finish {
        record Done(Connection connection) implements Finish {}

        /** Never issued, finished already, expired, or tried too often. */
        record Unknown() implements Finish {}

        /** @param left attempts left; 0: it is dropped */
        record WrongVerifier(int left) implements Finish {}

        /** Another connection has taken its name. */
        record NameTaken() implements Finish {}
    }

    private record Row(
            UUID environment,
            UUID id,
            UUID integration,
            boolean reconnects,
            String challenge,
            byte[] draft,
            int attempts) {}

    private static final String COLUMNS =
            "environment_id, id, integration_id, reconnect_id IS NOT NULL, challenge, draft, attempts";
    private static final RowMapper<Row> ROWS = (row, context) -> new Row(
            row.getObject(1, UUID.class),
            row.getObject(2, UUID.class),
            row.getObject(3, UUID.class),
            row.getBoolean(4),
            row.getString(5),
            row.getBytes(6),
            row.getInt(7));

    public static boolean isChallenge(String text) {
        return CHALLENGE.matcher(text).matches();
    }

    public static boolean isVerifier(String text) {
        return VERIFIER.matcher(text).matches();
    }

    /**
     * Stores it.
     *
     * @param reconnect the connection that is authorized again
     * @param problems of the steps after connecting, reported once there is a connection
     * @return as a connection whose name is the handle that the browser returns to the product: 122 random bits, sent nowhere else
     */
    Connection hold(Draft draft, Optional<UUID> reconnect, String challenge, List<String> problems) {
        UUID id = ids.next();
        UUID environment = draft.integration().environment();
        String handle = UUID.randomUUID().toString();
        Instant now = clock.instant();
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.set("draft", DraftJson.write(draft));
        json.set("problems", Json.MAPPER.valueToTree(problems));
        database.withHandle(it -> it.createUpdate("""
                        INSERT INTO pending_connections
                            (environment_id, id, handle_hash, integration_id, reconnect_id, challenge, draft, expires_at, created_at)
                        VALUES (:environment, :id, :handle, :integration, :reconnect, :challenge, :draft, :expires, :now)""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("handle", Hash.of(handle))
                .bind("integration", draft.integration().id())
                .bind("reconnect", reconnect.orElse(null))
                .bind("challenge", challenge)
                .bind("draft", vault.encryptJson(binding(environment, id), json))
                .bind("expires", now.plus(LIFETIME).atOffset(ZoneOffset.UTC))
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .execute());
        return connections.drafted(draft, id, handle);
    }

    /** Creates the connection, or replaces the credential of the one that was authorized again, if the verifier matches the challenge. */
    public Finish finish(UUID environment, String handle, String verifier) {
        Optional<Row> found = attempt(environment, handle);
        if (found.isEmpty()) {
            return new Finish.Unknown();
        }
        Row row = found.get();
        if (!MessageDigest.isEqual(bytes(challenge(verifier)), bytes(row.challenge()))) {
            int left = MOST_ATTEMPTS - row.attempts();
            if (left == 0 && database.withHandle(it -> delete(it, row))) {
                drop(row);
            }
            return new Finish.WrongVerifier(left);
        }
        Optional<Integration> integration = integrations.byId(environment, row.integration());
        if (integration.isEmpty()) {
            return new Finish.Unknown();
        }
        Held held = draft(integration.get(), row);
        Draft draft = held.draft();
        if (!row.reconnects()
                && connections
                        .remains(environment, integration.get().uniqueKey(), draft.name())
                        .isPresent()) {
            return new Finish.NameTaken();
        }
        // One transaction: after a crash it is either pending or a connection, and of two calls one creates it.
        Optional<Connection> saved = connections.save(draft, it -> delete(it, row));
        saved.ifPresent(connection -> held.problems()
                .forEach(problem -> connections.note(new ConnectionEvent(
                        ConnectionEvent.Kind.AFTER_CONNECT_FAILED, connection, Map.of("reason", problem)))));
        return saved.<Finish>map(Finish.Done::new).orElseGet(Finish.Unknown::new);
    }

    private record Held(Draft draft, List<String> problems) {}

    private Held draft(Integration integration, Row row) {
        return Rows.reading("pending_connection", "id " + row.id(), () -> {
            JsonNode json = vault.decryptJson(binding(row.environment(), row.id()), row.draft());
            List<String> problems = new ArrayList<>();
            json.get("problems").forEach(problem -> problems.add(problem.asString()));
            return new Held(DraftJson.read(integration, json.get("draft")), problems);
        });
    }

    /** Counts first, in one statement, so that verifiers cannot be guessed in parallel. */
    private Optional<Row> attempt(UUID environment, String handle) {
        return database.withHandle(it -> it.createQuery("""
                        UPDATE pending_connections SET attempts = attempts + 1
                        WHERE environment_id = :environment AND handle_hash = :handle AND expires_at > :now AND attempts < :most
                        RETURNING """ + " " + COLUMNS)
                .bind("environment", environment)
                .bind("handle", Hash.of(handle))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .bind("most", MOST_ATTEMPTS)
                .map(ROWS)
                .findOne());
    }

    /** Whether a name is a pending handle, which explains why no connection has that name. */
    public boolean isWaiting(UUID environment, String handle) {
        return database.withHandle(it -> it.createQuery("""
                        SELECT EXISTS (SELECT 1 FROM pending_connections
                            WHERE environment_id = :environment AND handle_hash = :handle AND expires_at > :now)""")
                .bind("environment", environment)
                .bind("handle", Hash.of(handle))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .mapTo(Boolean.class)
                .one());
    }

    /** Drops the pending connection of this handle, and revokes its grant. @return false when there is none */
    public boolean delete(UUID environment, String handle) {
        Optional<Row> row = database.withHandle(it -> it.createQuery(
                        "DELETE FROM pending_connections WHERE environment_id = :environment AND handle_hash = :handle RETURNING "
                                + COLUMNS)
                .bind("environment", environment)
                .bind("handle", Hash.of(handle))
                .map(ROWS)
                .findOne());
        row.ifPresent(this::drop);
        return row.isPresent();
    }

    /** Drops connections that were not finished in time, and revokes their grants at the provider. */
    public void expire() {
        List<Row> over = database.withHandle(
                it -> it.createQuery("DELETE FROM pending_connections WHERE expires_at < :now RETURNING " + COLUMNS)
                        .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                        .map(ROWS)
                        .list());
        // A failure does not keep the others from being revoked.
        over.forEach(row -> {
            try {
                drop(row);
            } catch (UnreadableRowException e) {
                LOG.error("An unfinished connection is dropped, but its grant is not revoked: {}", e.words());
            } catch (RuntimeException e) {
                LOG.error("The grant of the pending connection {} is dropped, but not revoked.", row.id(), e);
            }
        });
    }

    /** The grant of a connection that is authorized again may be the same as the old one's, which must keep working. */
    private void drop(Row row) {
        if (row.reconnects()) {
            return;
        }
        integrations.byId(row.environment(), row.integration()).ifPresent(integration -> {
            Draft draft = draft(integration, row).draft();
            onDelete.revoke(integration, connections.drafted(draft, row.id(), draft.name()));
        });
    }

    private static boolean delete(Handle handle, Row row) {
        return handle.createUpdate("DELETE FROM pending_connections WHERE environment_id = :environment AND id = :id")
                        .bind("environment", row.environment())
                        .bind("id", row.id())
                        .execute()
                == 1;
    }

    /** RFC 7636 section 4.2, S256. */
    public static String challenge(String verifier) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Hash.of(verifier));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static Binding binding(UUID environment, UUID id) {
        return new Binding(environment, "pending_connections", id, "draft");
    }
}
