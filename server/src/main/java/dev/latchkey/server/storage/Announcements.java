package dev.latchkey.server.storage;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notifies the other nodes of what was committed, shortly afterwards. Within the transaction itself NOTIFY would take a lock that lets
 * one commit through at a time. An announcement that is lost with its node costs the others the few seconds until their caches expire.
 * Thread-safe.
 */
public final class Announcements implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Announcements.class);
    private static final int MOST_AT_ONCE = 500;
    /** How long announcements are collected, so that a busy node sends hundreds in one statement. */
    private static final long GATHER_MILLIS = 5;

    private record Announcement(String channel, String payload) {}

    /** The end of the queue. */
    private static final Announcement LAST = new Announcement("", "");

    private final Database database;
    private final LinkedBlockingQueue<Announcement> waiting = new LinkedBlockingQueue<>(100_000);
    private final Thread thread;

    public Announcements(Database database) {
        this.database = database;
        this.thread = Thread.ofVirtual().name("announcements").start(this::run);
    }

    /** Once the handle's transaction is committed. @param payload at most 8,000 bytes */
    public void announce(Handle handle, String channel, String payload) {
        handle.afterCommit(() -> announce(channel, payload));
    }

    public void announce(String channel, String payload) {
        if (!waiting.offer(new Announcement(channel, payload))) {
            LOG.warn("The queue of announcements to other nodes is full; one on {} is dropped.", channel);
        }
    }

    private void run() {
        try {
            boolean last = false;
            while (!last) {
                List<Announcement> batch = new ArrayList<>(List.of(waiting.take()));
                Thread.sleep(GATHER_MILLIS);
                waiting.drainTo(batch, MOST_AT_ONCE - 1);
                last = batch.remove(LAST);
                if (!batch.isEmpty()) {
                    send(batch.stream().distinct().toList());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void send(List<Announcement> batch) {
        try {
            database.withHandle(handle -> handle.createQuery("""
                            SELECT count(pg_notify(channel, payload)) FROM unnest(:channels, :payloads) AS pending (channel, payload)""")
                    .bindArray(
                            "channels",
                            String.class,
                            batch.stream().map(Announcement::channel).toList())
                    .bindArray(
                            "payloads",
                            String.class,
                            batch.stream().map(Announcement::payload).toList())
                    .mapTo(Long.class)
                    .one());
        } catch (RuntimeException e) {
            LOG.warn("{} announcements to other nodes were lost; their caches expire in seconds.", batch.size());
        }
    }

    @Override
    public void close() {
        try {
            if (waiting.offer(LAST, 5, TimeUnit.SECONDS)) {
                thread.join(5_000);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
