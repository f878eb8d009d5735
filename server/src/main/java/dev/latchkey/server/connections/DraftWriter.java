package dev.latchkey.server.connections;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationFragments;
import dev.latchkey.server.integrations.IntegrationGoneException;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Batcher;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseBusyException;
import dev.latchkey.server.storage.Rehearsal;
import dev.latchkey.server.storage.Statistics;
import dev.latchkey.server.vault.Vault;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * Creates connections from drafts, or overwrites those of the same names. Drafts that arrive during a write share the next one.
 * Thread-safe.
 */
final class DraftWriter {
    private static final int MOST_AT_ONCE = 100;

    private final Database database;
    private final Vault vault;
    private final Ids ids;
    private final InstantSource clock;
    private final Connections connections;
    private final Timeline timeline;
    private final AuditLog audit;
    private final Statistics statistics;
    private final Batcher<DraftRow, Optional<Connection>> creations =
            new Batcher<>("connections-written", MOST_AT_ONCE, this::create);

    DraftWriter(
            Database database,
            Vault vault,
            Ids ids,
            InstantSource clock,
            Connections connections,
            Timeline timeline,
            AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.vault = vault;
        this.ids = ids;
        this.clock = clock;
        this.connections = connections;
        this.timeline = timeline;
        this.statistics = new Statistics(database, "connections");
    }

    /** @param importer for the audit log; absent if a user connected, which the timeline records */
    Import.Result save(Draft draft, Optional<Import> importer) {
        // The row's id binds the ciphertext, so it must be known before the credentials are encrypted.
        return creations
                .run(sealed(draft, ids.next(), importer))
                .map(created -> new Import.Result(created, false))
                .orElseGet(() -> override(draft, importer));
    }

    /** What {@link #save} would return, by the same statements, rolled back. */
    Import.Result rehearse(Draft draft, Import importer, Consumer<Handle> before) {
        DraftRow row = sealed(draft, ids.next(), Optional.of(importer));
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return Rehearsal.of(database, handle -> {
            before.accept(handle);
            return create(handle, List.of(row), now)
                    .getFirst()
                    .map(created -> new Import.Result(created, false))
                    .orElseGet(() -> override(handle, draft, Optional.of(importer), now));
        });
    }

    /** In one transaction with something else. @param alongside returns false: nothing is saved */
    Optional<Connection> save(Draft draft, Predicate<Handle> alongside) {
        DraftRow row = sealed(draft, ids.next(), Optional.empty());
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        Optional<Connection> saved = database.inTransaction(handle -> alongside.test(handle)
                ? create(handle, List.of(row), now)
                        .getFirst()
                        .or(() -> Optional.of(
                                override(handle, draft, Optional.empty(), now).connection()))
                : Optional.<Connection>empty());
        statistics.added(saved.isPresent() ? 1 : 0);
        return saved;
    }

    private List<Optional<Connection>> create(List<DraftRow> rows) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        List<Optional<Connection>> all = database.inTransaction(handle -> create(handle, rows, now));
        statistics.added((int) all.stream().filter(Optional::isPresent).count());
        return all;
    }

    /** Empty for each whose name is taken: nothing was changed. */
    private List<Optional<Connection>> create(Handle handle, List<DraftRow> rows, Instant now) {
        Map<UUID, Long> numbers = DraftRows.insert(handle, rows, now);
        List<Optional<Connection>> created = rows.stream()
                .map(row -> Optional.ofNullable(numbers.get(row.id()))
                        .map(number -> created(row.draft(), row.id(), number, row.times(now))))
                .toList();
        Map<ConnectionEvent, List<Event.Sink>> events = new LinkedHashMap<>();
        for (int i = 0; i < rows.size(); i++) {
            DraftRow row = rows.get(i);
            created.get(i)
                    .ifPresent(one -> events.put(
                            new ConnectionEvent(
                                    ConnectionEvent.Kind.CREATED,
                                    one,
                                    row.draft().eventDetails()),
                            row.sinks()));
        }
        if (!events.isEmpty()) {
            // Last: the log is locked until the transaction ends.
            List<AuditLog.Line> lines = imports(handle, rows, created);
            audit.appendWith(handle, lines, timeline.appendFor(handle, events));
        }
        // Not announced: no node can hold a copy of a row that did not exist.
        return created;
    }

    /** One row of the audit log for each imported and created connection. */
    private List<AuditLog.Line> imports(Handle handle, List<DraftRow> rows, List<Optional<Connection>> created) {
        List<AuditLog.Line> lines = new ArrayList<>();
        for (int i = 0; i < rows.size(); i++) {
            DraftRow row = rows.get(i);
            if (created.get(i).isPresent()) {
                row.importer()
                        .ifPresent(by -> lines.add(line(handle, by.actor(), "imported a connection", row.draft())));
            }
        }
        return lines;
    }

    private AuditLog.Line line(Handle handle, Actor actor, String action, Draft draft) {
        return audit.line(
                handle,
                actor,
                draft.integration().environment(),
                action,
                draft.integration().uniqueKey() + "/" + draft.name(),
                Map.of());
    }

    private Import.Result override(Draft draft, Optional<Import> importer) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        return database.inTransaction(handle -> override(handle, draft, importer, now));
    }

    private Import.Result override(Handle handle, Draft named, Optional<Import> importer, Instant now) {
        Integration integration = named.integration();
        Described before = DraftRows.described(handle, named)
                // Deleted between the two transactions.
                .orElseThrow(() -> IntegrationFragments.exists(handle, integration)
                        ? new DatabaseBusyException()
                        : new IntegrationGoneException(integration));
        UUID id = before.id();
        if (importer.flatMap(Import::asOf)
                .filter(asOf -> before.isNewer(named.grant().credentials().expiry(), asOf))
                .isPresent()) {
            DraftRows.schedule(handle, named, id);
            return new Import.Result(
                    connections.byId(handle, integration.environment(), id).orElseThrow(), true);
        }
        Draft draft = before.under(named);
        DraftRow row = sealed(draft, id, importer);
        DraftRows.overwrite(handle, row, now);
        Connection connection =
                connections.byId(handle, integration.environment(), id).orElseThrow();
        timeline.append(handle, new ConnectionEvent(ConnectionEvent.Kind.OVERRIDDEN, connection, draft.eventDetails()));
        connections.changed(handle, connection);
        importer.ifPresent(
                by -> audit.append(handle, List.of(line(handle, by.actor(), "imported a connection again", draft))));
        return new Import.Result(connection, false);
    }

    /** As a read would return it, without the read. */
    static Connection created(Draft draft, UUID id, long number, Connection.Times times) {
        Integration integration = draft.integration();
        Draft.Description description = draft.description();
        return new Connection(
                new Connection.Identity(
                        integration.environment(),
                        id,
                        number,
                        integration.id(),
                        integration.uniqueKey(),
                        integration.provider(),
                        draft.name()),
                draft.grant(),
                1,
                new Connection.Description(
                        description.metadata().orElseGet(Json.MAPPER::createObjectNode),
                        description.tags(),
                        description.endUser(),
                        description.webhookUrlOverride().filter(url -> !url.isEmpty())),
                Optional.empty(),
                Connection.Upkeep.of(draft.schedule()),
                times,
                Optional.empty());
    }

    private DraftRow sealed(Draft draft, UUID id, Optional<Import> importer) {
        UUID environment = draft.integration().environment();
        return new DraftRow(
                draft,
                id,
                vault.encryptJson(
                        ConnectionRows.credentials(environment, id),
                        CredentialsJson.stored(draft.grant().credentials())),
                secrets(environment, id, draft.grant().secrets()),
                timeline.here(),
                importer);
    }

    private byte @Nullable [] secrets(UUID environment, UUID id, Map<String, Secret> secrets) {
        if (secrets.isEmpty()) {
            return null;
        }
        ObjectNode json = Json.MAPPER.createObjectNode();
        secrets.forEach((name, secret) -> json.put(name, secret.reveal()));
        return vault.encryptJson(ConnectionRows.secrets(environment, id), json);
    }
}
