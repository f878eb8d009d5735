package dev.latchkey.server.refresh.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal's files: a folder for each process that uses the data directory at the same time, locked by it, with segments that
 * are allocated ahead of need, so that a disk that fills up is noticed before a token endpoint is asked. Each writer has a segment of
 * its own, so that no flush waits for another. Settled entries are kept for a while before their room is reused: a database that fails
 * over may lose commits that it has confirmed. Thread-safe; one thread for each writer.
 */
public final class JournalFiles implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(JournalFiles.class);
    private static final int MOST_PROCESSES = 64;
    private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(2);
    static final int WRITERS = 2;
    /** How long, and the maximum number of segments. */
    private static final long REST_NANOS = TimeUnit.MINUTES.toNanos(15);

    private static final int MOST_RESTING = 12;

    /** @param entry false: the entry with this number is settled */
    public record Item(long number, boolean entry, byte[] record) {}

    /** Settles an entry that never existed. */
    private static final Item NOTHING = new Item(0, false, new byte[0]);

    private record Resting(JournalSegment segment, long since) {}

    private record Slot(Path folder, FileChannel channel, FileLock lock) {}

    private final Slot own;
    private final UUID node = UUID.randomUUID();
    private final List<Slot> adopted = new ArrayList<>();
    private final List<UUID> predecessors = new ArrayList<>();
    private final List<byte[]> leftOver = new ArrayList<>();
    /** Of earlier processes, as far as their room was not used again. */
    private final List<byte[]> settled = new ArrayList<>();

    private final List<Path> oldFiles = new ArrayList<>();
    private final Map<Long, JournalSegment> segmentOf = new HashMap<>();
    private final Deque<JournalSegment> spare = new ArrayDeque<>();
    private final Deque<Resting> resting = new ArrayDeque<>();
    private final JournalSegment[] active = new JournalSegment[WRITERS];
    private int names;
    private volatile boolean ready = true;
    private volatile long lastTry;

    private JournalFiles(Slot own) throws IOException {
        this.own = own;
        adopt(own);
        for (int i = 0; i < WRITERS; i++) {
            active[i] = segment();
        }
        this.spare.add(segment());
    }

    static JournalFiles open(Path directory) throws IOException {
        Files.createDirectories(
                directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        JournalFiles files = null;
        for (int i = 0; i < MOST_PROCESSES; i++) {
            Path folder = directory.resolve(Integer.toString(i));
            if (files != null && !Files.exists(folder)) {
                break;
            }
            Files.createDirectories(folder);
            Slot slot = lock(folder);
            if (slot == null) {
                continue;
            }
            if (files == null) {
                files = new JournalFiles(slot);
            } else {
                files.adopted.add(slot);
                files.adopt(slot);
            }
        }
        if (files == null) {
            throw new IOException("more than " + MOST_PROCESSES + " processes use " + directory);
        }
        Files.writeString(files.own.folder().resolve("node"), files.node.toString());
        return files;
    }

    private static @org.jspecify.annotations.Nullable Slot lock(Path folder) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return new Slot(folder, channel, lock);
            }
        } catch (OverlappingFileLockException e) {
            // Another component of this process has it.
        }
        channel.close();
        return null;
    }

    /** Reads the files of a process that has ended. */
    private void adopt(Slot slot) throws IOException {
        Path name = slot.folder().resolve("node");
        if (Files.exists(name)) {
            try {
                predecessors.add(UUID.fromString(Files.readString(name).strip()));
            } catch (IllegalArgumentException e) {
                LOG.warn("{} does not contain a node id; creating a new one.", name);
            }
        }
        List<Path> segments;
        try (Stream<Path> all = Files.list(slot.folder())) {
            segments = all.filter(path -> path.getFileName().toString().endsWith(".segment"))
                    .sorted(Comparator.comparingInt(JournalSegment::number))
                    .toList();
        }
        Map<Long, byte[]> open = new java.util.LinkedHashMap<>();
        List<Long> settled = new ArrayList<>();
        for (Path segment : segments) {
            JournalSegment.read(segment, item -> {
                if (item.entry()) {
                    open.put(item.number(), item.record());
                } else {
                    settled.add(item.number());
                }
            });
            names = Math.max(names, JournalSegment.number(segment));
        }
        settled.forEach(number -> Optional.ofNullable(open.remove(number)).ifPresent(this.settled::add));
        leftOver.addAll(open.values());
        oldFiles.addAll(segments);
    }

    List<byte[]> leftOver() {
        return List.copyOf(leftOver);
    }

    /** Those that a database had, which may not be this one; they can be asked for once. */
    List<byte[]> takeSettled() {
        List<byte[]> taken = List.copyOf(settled);
        settled.clear();
        return taken;
    }

    /** Leftover entries are rewritten: the old files and folders are no longer needed. */
    void forgetLeftOver() throws IOException {
        for (Path file : oldFiles) {
            Files.deleteIfExists(file);
        }
        oldFiles.clear();
        leftOver.clear();
        for (Slot slot : adopted) {
            Files.deleteIfExists(slot.folder().resolve("node"));
            slot.lock().release();
            slot.channel().close();
        }
        adopted.clear();
    }

    List<UUID> predecessors() {
        return List.copyOf(predecessors);
    }

    UUID node() {
        return node;
    }

    /** Whether the next entry could be written; also allocates space for the one after it. */
    boolean ready() {
        return ready;
    }

    /** If it could not: checks from time to time whether it can. To be called often, by each writer. */
    void lookAgain(int writer) {
        if (ready || System.nanoTime() - lastTry <= RETRY_NANOS) {
            return;
        }
        try {
            // An allocated file may still refuse a write: on copy-on-write file systems, or if the disk is broken.
            write(writer, List.of(NOTHING), true);
            reserve();
        } catch (IOException e) {
            LOG.debug("The journal of token responses cannot be written yet: {}", e.getMessage());
        }
    }

    /**
     * @param writer whose thread this is, from 0
     * @param durable whether to return only once it is on the disk
     */
    void write(int writer, List<Item> items, boolean durable) throws IOException {
        try {
            JournalSegment written = append(writer, items);
            if (durable) {
                written.force();
            }
        } catch (IOException e) {
            ready = false;
            lastTry = System.nanoTime();
            throw e;
        }
    }

    private synchronized JournalSegment append(int writer, List<Item> items) throws IOException {
        for (Item item : items) {
            ByteBuffer framed = active[writer].frame(item);
            if (!active[writer].fits(framed)) {
                active[writer].force();
                JournalSegment full = active[writer];
                active[writer] = spare.isEmpty() ? room() : spare.removeFirst();
                active[writer].start();
                rest(full);
                reserve();
                framed = active[writer].frame(item);
                if (!active[writer].fits(framed)) {
                    throw new IOException("a token response of " + item.record().length + " bytes is too large");
                }
            }
            active[writer].append(framed);
            if (item.entry()) {
                active[writer].opened();
                segmentOf.put(item.number(), active[writer]);
            } else {
                JournalSegment segment = segmentOf.remove(item.number());
                if (segment != null) {
                    segment.settled();
                    rest(segment);
                }
            }
        }
        return active[writer];
    }

    /**
     * Records of entries that are still on the disk, including settled ones. May include torn ones, and ones that are written during
     * the read.
     */
    void recent(Consumer<byte[]> found) throws IOException {
        List<Path> segments;
        try (Stream<Path> all = Files.list(own.folder())) {
            segments = all.filter(path -> path.getFileName().toString().endsWith(".segment"))
                    .toList();
        }
        for (Path segment : segments) {
            JournalSegment.read(segment, item -> {
                if (item.entry()) {
                    found.accept(item.record());
                }
            });
        }
    }

    /** A full segment with only settled entries. */
    private void rest(JournalSegment segment) {
        if (Arrays.asList(active).contains(segment)
                || !segment.isSettled()
                || spare.contains(segment)
                || resting.stream().anyMatch(one -> one.segment() == segment)) {
            return;
        }
        resting.addLast(new Resting(segment, System.nanoTime()));
    }

    /** A segment to write to: one that has rested, a new one, or if the disk has no space for that, the one that has rested longest. */
    private JournalSegment room() throws IOException {
        Resting longest = resting.peekFirst();
        boolean rested =
                longest != null && (resting.size() > MOST_RESTING || System.nanoTime() - longest.since() > REST_NANOS);
        if (rested) {
            return resting.removeFirst().segment();
        }
        try {
            return segment();
        } catch (IOException e) {
            if (longest == null) {
                throw e;
            }
            return resting.removeFirst().segment();
        }
    }

    private synchronized void reserve() {
        try {
            if (spare.isEmpty()) {
                spare.add(room());
            }
            if (!ready) {
                LOG.info("The journal of token responses can be written again.");
            }
            ready = true;
        } catch (IOException e) {
            if (ready) {
                LOG.error(
                        "No room for the journal of token responses in {} ({}): no rotating token is refreshed until"
                                + " there is.",
                        own.folder(),
                        e.getMessage());
            }
            ready = false;
            lastTry = System.nanoTime();
        }
    }

    private JournalSegment segment() throws IOException {
        JournalSegment made = JournalSegment.allocate(own.folder().resolve((names + 1) + ".segment"));
        names++;
        return made;
    }

    @Override
    public void close() {
        try {
            for (JournalSegment segment : active) {
                segment.close();
            }
            for (JournalSegment segment : spare) {
                segment.close();
            }
            for (Resting one : resting) {
                one.segment().close();
            }
            own.lock().release();
            own.channel().close();
        } catch (IOException e) {
            LOG.warn("The journal's files could not be closed cleanly.", e);
        }
    }
}
