package dev.latchkey.server.refresh.journal;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.CredentialsJson;
import dev.latchkey.server.connections.UnreadableConnection;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Token responses, encrypted and on the disk (fsync) before the database gets them. Entries are dropped after the commit; leftover
 * ones are replayed at startup. Many appends share one fsync. It needs no database to write: the vault's data keys are in memory.
 * Thread-safe.
 */
public final class TokenJournal implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TokenJournal.class);

    /**
     * A token response that is not in the database yet.
     *
     * @param version of the connection that was refreshed: it replaces only that one
     * @param askedAt when the request began
     * @param part of one refresh, a later part is more complete: 0 for the first, while further calls follow
     */
    public record Entry(
            UUID environment,
            UUID connection,
            long version,
            Credentials credentials,
            Map<String, String> learned,
            Instant askedAt,
            int part) {}

    /** An entry on the disk. @param durableAt since when, by {@link System#nanoTime} */
    public record Receipt(long number, long durableAt) {}

    /** An entry of an earlier process. */
    public record Kept(Entry entry, Receipt receipt) {}

    private record Write(byte[] record, CompletableFuture<Receipt> written, boolean entry, long number) {}

    /** Of the settled entries, so many are in clear text at once. */
    private static final int PART = 500;

    private final Vault vault;
    private final JournalFiles files;
    /** The entries found on opening; each is still in the journal. */
    private final List<Kept> leftOver = new ArrayList<>();

    private final LinkedBlockingQueue<Write> queue = new LinkedBlockingQueue<>();
    private final List<Thread> writers = new ArrayList<>();
    private volatile int unread;
    /** Never those of another process: old and new files may exist side by side after a crash. */
    private final AtomicLong numbers =
            new AtomicLong(ThreadLocalRandom.current().nextLong(Long.MAX_VALUE / 2));

    private volatile boolean closing;
    /** No writer is left: what still comes is refused, since nothing would ever end its wait. */
    private volatile boolean closed;

    private TokenJournal(Vault vault, JournalFiles files) {
        this.vault = vault;
        this.files = files;
        for (int i = 0; i < JournalFiles.WRITERS; i++) {
            int writer = i;
            // Platform threads: they block in fsync, which would pin a virtual thread's carrier. More than one, so that
            // an entry that arrives during a flush need not wait for that flush and then for its own.
            writers.add(Thread.ofPlatform()
                    .name("token-journal-" + i)
                    .daemon()
                    .priority(Thread.MAX_PRIORITY)
                    .start(() -> run(writer)));
        }
    }

    /**
     * Opens the journal in a data directory and reads leftover entries, also those of ended processes that used the directory.
     *
     * @throws ConfigurationException when the directory cannot be written
     */
    public static TokenJournal open(Path directory, Vault vault) {
        try {
            JournalFiles files = JournalFiles.open(directory);
            TokenJournal journal = new TokenJournal(vault, files);
            // Rewritten before the old files are deleted: after a crash in between they are in one place or in both.
            // Unreadable entries are kept, too: with the right database or key they can be read.
            for (byte[] record : files.leftOver()) {
                Receipt receipt = journal.append(record);
                read(vault, record)
                        .ifPresentOrElse(
                                entry -> journal.leftOver.add(new Kept(entry, receipt)), () -> journal.unread++);
            }
            if (journal.unread > 0) {
                LOG.error(
                        "{} entries of the journal of token responses in {} cannot be read: they were written for"
                                + " another database or key. They are kept; start with that one to store them.",
                        journal.unread,
                        directory);
            }
            files.forgetLeftOver();
            return journal;
        } catch (IOException e) {
            throw new ConfigurationException(
                    "The journal of token responses in " + directory
                            + " cannot be written: set LATCHKEY_DATA_DIR to a folder that can be written and has 20 MB"
                            + " left.",
                    e);
        }
    }

    /** The entries found on opening. Each is still in the journal, and stays until it is dropped. */
    public List<Entry> leftOver() {
        return leftOver.stream().map(Kept::entry).toList();
    }

    /**
     * Entries of earlier processes that a database had, in no order, and in parts, since there may be many; those for another database or
     * key are left out. To be asked for once.
     */
    public void settled(Consumer<List<Entry>> part) {
        List<byte[]> records = files.takeSettled();
        for (int i = 0; i < records.size(); i += PART) {
            part.accept(records.subList(i, Math.min(i + PART, records.size())).stream()
                    .flatMap(record -> readQuietly(record).stream())
                    .toList());
        }
    }

    private Optional<Entry> readQuietly(byte[] record) {
        try {
            return Optional.of(opened(vault, record));
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }

    public List<Kept> kept() {
        return List.copyOf(leftOver);
    }

    /** The number of entries that cannot be read, at least with this database's keys. */
    public int unread() {
        return unread;
    }

    /** Entries of this process that are still on the disk, written since then, including those confirmed by the database. */
    public List<Entry> since(Instant time) {
        List<Entry> found = new ArrayList<>();
        try {
            files.recent(record -> read(vault, record)
                    .filter(entry -> entry.askedAt().isAfter(time))
                    .ifPresent(found::add));
        } catch (IOException e) {
            LOG.error("The journal of token responses cannot be read.", e);
        }
        return found;
    }

    /** The node ids that processes before this one had in this directory: their leases have no holder any more. */
    public List<UUID> predecessors() {
        return files.predecessors();
    }

    /** This process's id, for its leases. */
    public UUID node() {
        return files.node();
    }

    /** Whether a response could be stored now. While the disk is full it cannot: no rotating refresh may begin. */
    public boolean ready() {
        return files.ready();
    }

    /**
     * Returns once the entry is on the disk.
     *
     * @throws UncheckedIOException when it cannot be written: the disk is full or broken
     */
    public Receipt append(Entry entry) {
        return append(sealed(entry));
    }

    private Receipt append(byte[] record) {
        long number = numbers.incrementAndGet();
        CompletableFuture<Receipt> written = new CompletableFuture<>();
        queue.add(new Write(record, written, true, number));
        if (closed) {
            refuseTheRest();
        }
        try {
            return written.join();
        } catch (CompletionException e) {
            if (e.getCause() instanceof IOException io) {
                throw new UncheckedIOException("a token response could not be written to the journal", io);
            }
            throw e;
        }
    }

    /** It is in the database, or superseded there. Does not wait: replaying an entry once more changes nothing. */
    public void drop(Receipt receipt) {
        queue.add(new Write(new byte[0], new CompletableFuture<>(), false, receipt.number()));
    }

    private void run(int writer) {
        List<Write> batch = new ArrayList<>();
        try {
            while (!closing || !queue.isEmpty()) {
                Write first = queue.poll(100, TimeUnit.MILLISECONDS);
                if (first == null) {
                    files.lookAgain(writer);
                    continue;
                }
                batch.add(first);
                queue.drainTo(batch, 999);
                write(writer, batch);
                batch.clear();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void write(int writer, List<Write> batch) {
        List<JournalFiles.Item> items = new ArrayList<>(batch.size());
        boolean entries = false;
        for (Write write : batch) {
            items.add(new JournalFiles.Item(write.number(), write.entry(), write.record()));
            entries |= write.entry();
        }
        try {
            files.write(writer, items, entries);
            long durableAt = System.nanoTime();
            batch.forEach(write -> write.written().complete(new Receipt(write.number(), durableAt)));
        } catch (IOException e) {
            LOG.error(
                    "The journal of token responses cannot be written ({}): nothing that rotates is refreshed until it"
                            + " can.",
                    e.getMessage());
            batch.forEach(write -> write.written().completeExceptionally(e));
        } catch (RuntimeException e) {
            // A writer that ended here would leave its callers, and all later ones, waiting for ever.
            LOG.error("A batch of the journal of token responses could not be written.", e);
            batch.forEach(write -> write.written().completeExceptionally(new IOException(e)));
        }
    }

    private void refuseTheRest() {
        for (Write write = queue.poll(); write != null; write = queue.poll()) {
            write.written().completeExceptionally(new IOException("the journal is closed"));
        }
    }

    private byte[] sealed(Entry entry) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("version", entry.version())
                .put("asked_at", entry.askedAt().toString())
                .put("part", entry.part());
        json.set("credentials", CredentialsJson.stored(entry.credentials()));
        json.set("learned", Json.MAPPER.valueToTree(entry.learned()));
        byte[] ciphertext = vault.encryptJson(binding(entry.environment(), entry.connection()), json);
        return ByteBuffer.allocate(32 + ciphertext.length)
                .putLong(entry.environment().getMostSignificantBits())
                .putLong(entry.environment().getLeastSignificantBits())
                .putLong(entry.connection().getMostSignificantBits())
                .putLong(entry.connection().getLeastSignificantBits())
                .put(ciphertext)
                .array();
    }

    /** Empty: it does not decrypt, or another version wrote it. */
    private static Optional<Entry> read(Vault vault, byte[] record) {
        try {
            return Optional.of(opened(vault, record));
        } catch (RuntimeException e) {
            LOG.warn("An entry of the journal of token responses cannot be read: {}", UnreadableConnection.reason(e));
            return Optional.empty();
        }
    }

    private static Entry opened(Vault vault, byte[] record) {
        ByteBuffer buffer = ByteBuffer.wrap(record);
        UUID environment = new UUID(buffer.getLong(), buffer.getLong());
        UUID connection = new UUID(buffer.getLong(), buffer.getLong());
        byte[] ciphertext = new byte[buffer.remaining()];
        buffer.get(ciphertext);
        var json = vault.decryptJson(binding(environment, connection), ciphertext);
        Map<String, String> learned = new HashMap<>();
        json.get("learned")
                .properties()
                .forEach(one -> learned.put(one.getKey(), one.getValue().asString()));
        return new Entry(
                environment,
                connection,
                json.get("version").asLong(),
                CredentialsJson.read(json.get("credentials")),
                Map.copyOf(learned),
                Instant.parse(json.get("asked_at").asString()),
                json.path("part").asInt(0));
    }

    private static Binding binding(UUID environment, UUID connection) {
        return new Binding(environment, "refresh_journal", connection, "entry");
    }

    @Override
    public void close() {
        closing = true;
        try {
            for (Thread writer : writers) {
                writer.join(10_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        closed = true;
        refuseTheRest();
        files.close();
    }
}
