package dev.latchkey.server.audit;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.storage.Database;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log's newest row, kept out of reach of the database's owner: once a day each node writes it to its own log and to a file
 * in its data directory, and one of them sends it to the subscribed webhook endpoints. Thread-safe.
 */
public final class AuditAnchors {
    private static final Logger LOG = LoggerFactory.getLogger(AuditAnchors.class);
    private static final Duration PERIOD = Duration.ofDays(1);
    private static final String FILE = "audit-anchors";

    private final AuditLog log;
    private final Database database;
    private final Path file;
    private final BiConsumer<Handle, Anchor> announce;
    private final InstantSource clock;

    /** @param announce writes the webhook events of an anchor, in the transaction that it is given */
    public AuditAnchors(
            AuditLog log,
            Database database,
            Path dataDirectory,
            BiConsumer<Handle, Anchor> announce,
            InstantSource clock) {
        this.log = log;
        this.database = database;
        this.file = dataDirectory.resolve(FILE);
        this.announce = announce;
        this.clock = clock;
    }

    private record Kept(Instant at, Anchor anchor) {
        /** Empty for a line that is incomplete, or was not written by this program. */
        static Optional<Kept> of(String line) {
            String[] words = line.strip().split(" ");
            try {
                return words.length == 2
                        ? Anchor.parse(words[1]).map(anchor -> new Kept(Instant.parse(words[0]), anchor))
                        : Optional.empty();
            } catch (DateTimeParseException e) {
                return Optional.empty();
            }
        }
    }

    /** Whether the log still has this node's last anchor; logged if it does not. */
    public void check() {
        List<Kept> kept = read();
        if (!kept.isEmpty() && !log.holds(kept.getLast().anchor())) {
            LOG.error(
                    "The audit log does not have row {}, which this node anchored at {}: it was altered or cut. If the database was restored from an older backup, or is another one, delete {}.",
                    kept.getLast().anchor().number(),
                    kept.getLast().at(),
                    file);
        }
    }

    /** Anchors the newest row if the last anchor is a day old. */
    public void renew() {
        List<Kept> kept = read();
        Instant due = clock.instant().minus(PERIOD);
        if (kept.isEmpty() || kept.getLast().at().isBefore(due)) {
            log.head().ifPresent(anchor -> {
                keep(anchor);
                announce(anchor, due);
            });
        }
    }

    /** Anchors the newest row now. @return it; empty while the log is empty */
    public Optional<Anchor> now(Actor actor) {
        log.append(actor, "anchored the audit log", Optional.empty(), Optional.empty(), Map.of());
        Optional<Anchor> head = log.head();
        head.ifPresent(anchor -> {
            keep(anchor);
            announce(anchor, clock.instant());
        });
        return head;
    }

    /** This node's anchors, the oldest first. */
    public List<Anchor> kept() {
        return read().stream().map(Kept::anchor).toList();
    }

    private void keep(Anchor anchor) {
        LOG.info("Audit log anchored: {} rows, newest {}.", anchor.number(), anchor);
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            Files.writeString(
                    file,
                    clock.instant() + " " + anchor + System.lineSeparator(),
                    StandardOpenOption.CREATE,
                    StandardOpenOption.APPEND);
        } catch (IOException e) {
            LOG.warn("The audit log's anchor could not be written to {}; only the log line above has it.", file, e);
        }
    }

    /** Once, however many nodes try: by the first that finds no anchor since {@code due}. */
    private void announce(Anchor anchor, Instant due) {
        database.inTransaction(handle -> {
            int mine = handle.createUpdate(
                            "UPDATE audit_head SET anchored_at = :now WHERE id = 1 AND (anchored_at IS NULL OR anchored_at <= :due)")
                    .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                    .bind("due", due.atOffset(ZoneOffset.UTC))
                    .execute();
            if (mine == 1) {
                announce.accept(handle, anchor);
            }
            return mine;
        });
    }

    private List<Kept> read() {
        try {
            return Files.exists(file)
                    ? Files.readAllLines(file).stream()
                            .flatMap(line -> Kept.of(line).stream())
                            .toList()
                    : List.of();
        } catch (IOException e) {
            LOG.warn("The audit log's anchors in {} cannot be read.", file, e);
            return List.of();
        }
    }
}
