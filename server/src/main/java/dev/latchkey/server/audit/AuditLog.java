package dev.latchkey.server.audit;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.Statement;
import dev.latchkey.server.vault.Vault;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The audit log. Rows are only added (a trigger refuses the rest), each with an HMAC over itself and the previous row, with a key that
 * the database's owner does not have. The number and hash of the newest row are stored beside the log, remembered by each node, and
 * anchored outside ({@link AuditAnchors}). Thread-safe.
 */
public final class AuditLog {
    private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);

    private final Database database;
    private final InstantSource clock;
    private final AuditKey key;
    /** The newest row that this node knows to be committed: a log that ends before it was cut. */
    private final AtomicReference<ChainHead> seen;

    /** An environment is never renamed. */
    private final Map<UUID, String> names = new ConcurrentHashMap<>();

    private final EnvironmentNames environmentNames;

    /** Creates the key if there is none, and seals the rows of older versions. */
    public AuditLog(
            Database database,
            Vault vault,
            SecureRandom random,
            InstantSource clock,
            EnvironmentNames environmentNames) {
        this.environmentNames = environmentNames;
        this.database = database;
        this.clock = clock;
        this.key = AuditKey.open(database, vault, random, clock.instant());
        this.seen = new AtomicReference<>(ChainHead.of(0, AuditRow.BEGINNING, key));
        database.inTransaction(this::begin);
        database.withHandle(ChainHead::read)
                .filter(head -> head.isSealedBy(key))
                .ifPresent(seen::set);
    }

    /**
     * An entry to be appended.
     *
     * @param environment its name: the row outlives it
     * @param details never a secret
     */
    public record Line(
            StoredActor who,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {}

    /** @param number counted from 1, without gaps */
    public record Entry(
            long number,
            Instant at,
            StoredActor who,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {
        public String actor() {
            return who.name();
        }
    }

    /** In the transaction of the recorded change; to be called last, as with several entries. @param details never a secret */
    public void append(
            Handle handle,
            Actor actor,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {
        append(handle, List.of(new Line(StoredActor.of(actor), action, environment, target, details)));
    }

    /** In a transaction of its own. @param details never a secret */
    public void append(
            Actor actor,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {
        append(new Line(StoredActor.of(actor), action, environment, target, details));
    }

    /** By a member, in a transaction of its own. */
    public void append(
            String actor,
            String action,
            Optional<String> environment,
            Optional<String> target,
            Map<String, String> details) {
        append(new Line(
                new StoredActor(actor, "member", Optional.empty(), Optional.empty()),
                action,
                environment,
                target,
                details));
    }

    /** A line of an environment, by its id. */
    public Line line(
            Handle handle, Actor actor, UUID environment, String action, String target, Map<String, String> details) {
        Optional<String> name = Optional.ofNullable(names.get(environment)).or(() -> {
            Optional<String> read = environmentNames.of(handle, environment);
            read.ifPresent(it -> names.put(environment, it));
            return read;
        });
        return new Line(StoredActor.of(actor), action, name, Optional.of(target), details);
    }

    /** A line of an environment, in the transaction that it describes; to be called last, as with several entries. */
    public void note(
            Handle handle, Actor actor, UUID environment, String action, String target, Map<String, String> details) {
        append(handle, List.of(line(handle, actor, environment, action, target, details)));
    }

    /** In a transaction of its own. */
    public void append(Line line) {
        database.inTransaction(handle -> {
            append(handle, List.of(line));
            return true;
        });
    }

    /**
     * In the transaction of the recorded change: both are committed, or neither. To be called last: the log is locked from here to the
     * end of the transaction.
     */
    public void append(Handle handle, List<Line> lines) {
        if (lines.isEmpty()) {
            return;
        }
        // One at a time: each row needs the previous one.
        Following rows = following(lines);
        ended(handle, lines, rows, rows.statement().execute(handle));
    }

    /** The same, in one round trip with a statement of the same transaction. */
    public void appendWith(Handle handle, List<Line> lines, Statement statement) {
        if (lines.isEmpty()) {
            statement.execute(handle);
            return;
        }
        Following rows = following(lines);
        ended(handle, lines, rows, rows.statement().executeWith(handle, statement));
    }

    /** Rows that fit if this node wrote the newest one, as is usual: then they take one statement. */
    private record Following(List<AuditRow> rows, Statement statement) {}

    private Following following(List<Line> lines) {
        ChainHead known = seen();
        List<AuditRow> rows = chained(lines, known.number(), known.hash());
        return new Following(rows, AuditRows.follow(rows, known, key));
    }

    private void ended(Handle handle, List<Line> lines, Following tried, int written) {
        if (written == tried.rows().size()) {
            written(handle, tried.rows());
        } else {
            appendLocked(handle, lines);
        }
    }

    /** Reads the log's end, which another node, this transaction, or an intruder has moved. */
    private void appendLocked(Handle handle, List<Line> lines) {
        Optional<ChainHead> head = ChainHead.locked(handle);
        Optional<AuditRow> last = AuditRows.last(handle);
        Optional<String> fault = fault(head, last);
        long number = last.map(AuditRow::number).orElse(0L);
        List<Line> all = new ArrayList<>(lines);
        if (fault.isPresent()) {
            LOG.error(
                    "The audit log was altered in the database: {}. `./latchkey audit verify` shows where.",
                    fault.get());
            // A number is skipped, so that the gap stays visible: continuing without it would hide the loss.
            number = Math.max(
                            number,
                            Math.max(
                                    seen().number(), head.map(ChainHead::number).orElse(0L)))
                    + 1;
            all.addFirst(new Line(
                    StoredActor.SYSTEM,
                    "found the audit log altered",
                    Optional.empty(),
                    Optional.empty(),
                    Map.of("why", fault.get())));
        }
        write(handle, all, number, last.map(AuditRow::hash).orElse(AuditRow.BEGINNING));
    }

    private void write(Handle handle, List<Line> lines, long before, byte[] beforeHash) {
        List<AuditRow> rows = chained(lines, before, beforeHash);
        AuditRows.write(handle, rows, key);
        written(handle, rows);
    }

    private List<AuditRow> chained(List<Line> lines, long before, byte[] beforeHash) {
        Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
        List<AuditRow> rows = new ArrayList<>(lines.size());
        byte[] previous = beforeHash;
        for (Line line : lines) {
            AuditRow row = new AuditRow(
                            before + rows.size() + 1,
                            now,
                            line.who(),
                            line.action(),
                            line.environment(),
                            line.target(),
                            Json.MAPPER.writeValueAsString(new TreeMap<>(line.details())),
                            AuditRow.KEYED,
                            previous,
                            AuditRow.BEGINNING)
                    .hashed(key);
            rows.add(row);
            previous = row.hash();
        }
        return rows;
    }

    private void written(Handle handle, List<AuditRow> rows) {
        ChainHead newest = ChainHead.of(rows.getLast().number(), rows.getLast().hash(), key);
        handle.afterCommit(
                () -> seen.accumulateAndGet(newest, (known, other) -> other.number() > known.number() ? other : known));
    }

    /** What is wrong with the log's end, as far as a quick check can find it; {@link AuditVerification} checks all of it. */
    private Optional<String> fault(Optional<ChainHead> head, Optional<AuditRow> last) {
        long number = last.map(AuditRow::number).orElse(0L);
        byte[] hash = last.map(AuditRow::hash).orElse(AuditRow.BEGINNING);
        ChainHead known = seen();
        if (head.isEmpty()) {
            return Optional.of("the row that holds its end was deleted");
        }
        if (!head.get().isSealedBy(key)) {
            return Optional.of("the row that holds its end was changed");
        }
        if (head.get().number() != number || !MessageDigest.isEqual(head.get().hash(), hash)) {
            return Optional.of("its newest row is " + number + ", its end says "
                    + head.get().number());
        }
        boolean behind =
                number < known.number() || number == known.number() && !MessageDigest.isEqual(hash, known.hash());
        return behind
                ? Optional.of("its newest row is " + number + ", and this process has seen row " + known.number())
                : Optional.empty();
    }

    /** The first start of this version: rows of older versions are sealed by a row that contains their last hash. */
    private boolean begin(Handle handle) {
        handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey audit log'))");
        Optional<AuditRow> last = AuditRows.last(handle);
        if (ChainHead.locked(handle).isPresent()
                || last.filter(row -> row.chain() == AuditRow.KEYED).isPresent()) {
            return false;
        }
        if (last.isEmpty()) {
            ChainHead.begin(handle, key);
            return true;
        }
        write(
                handle,
                List.of(new Line(
                        StoredActor.SYSTEM,
                        "sealed the rows of earlier versions",
                        Optional.empty(),
                        Optional.empty(),
                        Map.of(
                                "anchor",
                                Anchor.of(last.get().number(), last.get().hash())
                                        .toString()))),
                last.get().number(),
                last.get().hash());
        return true;
    }

    /** The newest first, of those that match. @param before numbers below it */
    public List<Entry> list(long before, int limit, AuditFilter filter) {
        return database.withHandle(handle -> AuditRows.before(handle, before, limit, filter)).stream()
                .map(row -> new Entry(
                        row.number(),
                        row.at(),
                        row.who(),
                        row.action(),
                        row.environment(),
                        row.target(),
                        details(row.details())))
                .toList();
    }

    /** Reads the whole log. @param anchors that were kept outside of the database */
    public AuditVerification verify(List<Anchor> anchors) {
        ChainHead known = seen();
        List<Anchor> all = new ArrayList<>(anchors);
        if (known.number() > 0) {
            all.add(Anchor.of(known.number(), known.hash()));
        }
        return database.inTransaction(handle -> AuditVerification.of(handle, key, all));
    }

    /** The newest row; empty while there is none. */
    public Optional<Anchor> head() {
        return database.withHandle(AuditRows::last).map(row -> Anchor.of(row.number(), row.hash()));
    }

    /** Whether this row exists with this hash. */
    boolean holds(Anchor anchor) {
        return database.withHandle(handle -> AuditRows.before(handle, anchor.number() + 1, 1)).stream()
                .anyMatch(row -> Anchor.of(row.number(), row.hash()).equals(anchor));
    }

    private ChainHead seen() {
        return Objects.requireNonNull(seen.get());
    }

    /** Details that are no longer JSON are shown as stored: {@link AuditVerification} says whether they were altered. */
    private static Map<String, String> details(String json) {
        return new TreeMap<>(Rows.part(() -> Rows.texts(Json.MAPPER.readTree(json)), Map.of("details", json)));
    }
}
