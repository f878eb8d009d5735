package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.journal.TokenJournal.Entry;
import dev.latchkey.server.refresh.leases.Holdings;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores journal entries that the database lacks, if the connection still has that version: at startup, before anything is refreshed,
 * and after a failover, when the database may have lost confirmed commits. An entry that cannot be stored is kept, blocks every other
 * refresh of its connection, and is retried; it blocks neither other entries nor startup.
 */
public final class JournalReplay {
    private static final Logger LOG = LoggerFactory.getLogger(JournalReplay.class);
    private static final Duration AGAIN = Duration.ofMinutes(1);
    /** How long an entry is kept whose connection is not found: this may be the wrong database. */
    private static final Duration KEPT_WITHOUT_ROW = Duration.ofDays(7);
    /** Entries that arrived before the failover was detected are read, too. */
    private static final Duration RECENT_AGAIN = Duration.ofSeconds(3);

    private enum Fate {
        STORED,
        SUPERSEDED,
        KEPT
    }

    private record Version(UUID connection, long version) {}

    private final TokenJournal journal;
    private final Connections connections;
    private final Providers providers;
    private final Timetable timetable;
    private final RefreshStore store;
    private final Holdings holdings;
    private final InstantSource clock;
    private final List<TokenJournal.Kept> kept = new ArrayList<>();
    private final AtomicBoolean running = new AtomicBoolean();
    private volatile List<Entry> recent = List.of();
    private volatile Instant recentFrom = Instant.EPOCH;
    private volatile Instant next = Instant.EPOCH;
    private volatile int waiting;

    public JournalReplay(
            TokenJournal journal,
            Connections connections,
            Providers providers,
            Timetable timetable,
            RefreshStore store,
            Holdings holdings,
            InstantSource clock) {
        this.journal = journal;
        this.connections = connections;
        this.providers = providers;
        this.timetable = timetable;
        this.store = store;
        this.holdings = holdings;
        this.clock = clock;
    }

    /** The entries of earlier processes. */
    public void run() {
        List<Entry> lacking = new ArrayList<>();
        journal.settled(part -> {
            Map<UUID, Long> versions = store.versions(part);
            part.stream()
                    .filter(entry -> versions.getOrDefault(entry.connection(), Long.MAX_VALUE) <= entry.version())
                    .forEach(lacking::add);
        });
        int again = lacking.isEmpty() ? 0 : writeAgain(newest(lacking));
        if (again > 0) {
            LOG.warn(
                    "The database is older than the journal (was a backup restored?): {} refreshes are written again.",
                    again);
        }
        int found = journal.kept().size();
        kept.addAll(journal.kept());
        // Of one refresh the last part, of several refreshes each in order.
        kept.sort(Comparator.comparing((TokenJournal.Kept one) -> one.entry().version())
                .thenComparing(one -> one.entry().askedAt(), Comparator.reverseOrder())
                .thenComparing(one -> one.entry().part(), Comparator.reverseOrder()));
        int stored = storeKept();
        kept.forEach(one -> holdings.answered(one.entry().connection()));
        if (found > 0) {
            LOG.info(
                    "The journal had {} token responses; {} were missing in the database and are stored now, {} are"
                            + " kept.",
                    found,
                    stored,
                    kept.size());
        }
    }

    /** The number of responses that could not be stored yet. */
    public int waiting() {
        return waiting;
    }

    /** Retries the entries that could not be stored. To be called often. */
    public void again() {
        if (waiting == 0 || clock.instant().isBefore(next)) {
            return;
        }
        List<TokenJournal.Kept> before = List.copyOf(kept);
        storeKept();
        before.stream()
                .filter(one -> !kept.contains(one))
                .forEach(one -> holdings.written(one.entry().connection()));
    }

    private int storeKept() {
        int stored = 0;
        for (TokenJournal.Kept one : List.copyOf(kept)) {
            Fate fate = store(one.entry());
            if (fate != Fate.KEPT) {
                kept.remove(one);
                journal.drop(one.receipt());
            }
            stored += fate == Fate.STORED ? 1 : 0;
        }
        waiting = kept.size();
        next = clock.instant().plus(AGAIN);
        return stored;
    }

    private Fate store(Entry entry) {
        try {
            Optional<Connection> connection = connections.byId(entry.environment(), entry.connection());
            if (connection.isEmpty()) {
                return entry.askedAt().plus(KEPT_WITHOUT_ROW).isBefore(clock.instant()) ? Fate.SUPERSEDED : Fate.KEPT;
            }
            if (isSuperseded(connection.get(), entry)) {
                return Fate.SUPERSEDED;
            }
            Optional<Finished.Renewed> renewed = renewed(connection.get(), entry);
            if (renewed.isEmpty()) {
                LOG.error(
                        "The journal has new credentials for connection {}, but its provider {} is not in the"
                                + " catalogue any more: they are kept until it is.",
                        entry.connection(),
                        connection.get().provider());
                return Fate.KEPT;
            }
            boolean effect =
                    store.write(List.of(new RefreshStore.Caused(renewed.get()))).getFirst();
            connections.forget(connection.get());
            return effect ? Fate.STORED : Fate.SUPERSEDED;
        } catch (RuntimeException e) {
            LOG.error(
                    "The journal has new credentials for connection {} that cannot be stored; they are kept, and"
                            + " storing them will be retried.",
                    entry.connection(),
                    e);
            return Fate.KEPT;
        }
    }

    /**
     * A row with an earlier version is from a backup that lacks several refreshes. The entry's credential is newer than the row's all the
     * same, unless the user has authorized again since the backup was restored.
     */
    private static boolean isSuperseded(Connection connection, Entry entry) {
        return connection.version() > entry.version()
                || connection.version() < entry.version()
                        && !entry.askedAt().isAfter(connection.times().updatedAt());
    }

    /**
     * The database has changed. Commits that it lacks, and that are still in the journal, are written again. Returns at once; to be called each second
     * until every node has done so, since one node's entries may build on another's.
     */
    public void afterFailover() {
        if (running.compareAndSet(false, true)) {
            Thread.ofVirtual().name("journal-replay").start(() -> {
                try {
                    writeRecentAgain();
                } catch (RuntimeException e) {
                    LOG.warn("The journal could not be compared with the database; retrying.", e);
                } finally {
                    running.set(false);
                }
            });
        }
    }

    private void writeRecentAgain() {
        Instant now = clock.instant();
        if (recentFrom.plus(RECENT_AGAIN).isBefore(now)) {
            recent = newest(journal.since(Instant.EPOCH));
            recentFrom = now;
        }
        int stored = writeAgain(recent);
        if (stored > 0) {
            LOG.warn(
                    "{} refreshes that the database had confirmed before were missing, and are written again.", stored);
        }
    }

    /** @param entries the oldest version first */
    private int writeAgain(List<Entry> entries) {
        int stored = 0;
        Map<UUID, Long> versions = store.versions(entries);
        Map<UUID, Entry> last = new LinkedHashMap<>();
        for (Entry entry : entries) {
            last.put(entry.connection(), entry);
            if (isAt(versions, entry, entry.version()) && store(entry) == Fate.STORED) {
                stored++;
                versions.put(entry.connection(), entry.version() + 1);
            }
        }
        // Where refreshes in between are missing here: only the newest credential counts.
        for (Entry entry : last.values()) {
            boolean isBehind = Optional.ofNullable(versions.get(entry.connection()))
                    .filter(version -> version < entry.version())
                    .isPresent();
            stored += isBehind && store(entry) == Fate.STORED ? 1 : 0;
        }
        return stored;
    }

    private static boolean isAt(Map<UUID, Long> versions, Entry entry, long version) {
        return Optional.ofNullable(versions.get(entry.connection()))
                .filter(found -> found == version)
                .isPresent();
    }

    /** The last part of each refresh, the oldest version first. */
    private static List<Entry> newest(List<Entry> entries) {
        Map<Version, Entry> found = new LinkedHashMap<>();
        entries.stream()
                .sorted(Comparator.comparing(Entry::version)
                        .thenComparing(Entry::askedAt)
                        .thenComparing(Entry::part))
                .forEach(entry -> found.put(new Version(entry.connection(), entry.version()), entry));
        return List.copyOf(found.values());
    }

    private Optional<Finished.Renewed> renewed(Connection connection, Entry entry) {
        return providers
                .of(connection)
                .map(Provider::auth)
                .map(auth -> new Finished.Renewed(
                        Optional.empty(),
                        connection,
                        Renewals.after(
                                auth,
                                timetable,
                                connection,
                                entry.credentials(),
                                entry.learned(),
                                entry.askedAt(),
                                // Another node's entry may be newer still.
                                connection.version() < entry.version() ? entry.askedAt() : timetable.now()),
                        entry.learned(),
                        List.of()));
    }
}
