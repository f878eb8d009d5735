package dev.latchkey.server.storage;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How nodes notify each other: LISTEN on a connection of its own, NOTIFY inside the transaction that changes something. Delivery is
 * best effort: after a lost connection subscribers learn that they may have missed notifications. Thread-safe.
 */
public final class Listener implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Listener.class);
    private static final int POLL_MILLIS = 250;
    /** A connection that only reads does not notice that its peer is gone: it queries from time to time. */
    private static final Duration HEARTBEAT = Duration.ofSeconds(5);

    private static final Map<String, String> OPTIONS = Map.of(
            "ApplicationName",
            "latchkey-listener",
            "connectTimeout",
            "5",
            "socketTimeout",
            "5",
            "tcpKeepAlive",
            "true");

    private record Subscription(Consumer<String> onPayload, Runnable onGap) {}

    private final DatabaseAddress address;
    private final Duration heartbeat;
    private final Map<String, List<Subscription>> subscriptions = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final AtomicReference<Optional<Connection>> listening = new AtomicReference<>(Optional.empty());
    private final Thread thread;

    public Listener(DatabaseAddress address) {
        this(address, HEARTBEAT);
    }

    Listener(DatabaseAddress address, Duration heartbeat) {
        this.address = address;
        this.heartbeat = heartbeat;
        // A platform thread: it blocks in the socket for its whole life.
        this.thread = Thread.ofPlatform().name("listener").daemon().unstarted(this::run);
    }

    /** Before {@link #start}: the channel's name is a constant of ours, letters only. */
    public void listen(String channel, Consumer<String> onPayload, Runnable onGap) {
        subscriptions
                .computeIfAbsent(channel, name -> new CopyOnWriteArrayList<>())
                .add(new Subscription(onPayload, onGap));
    }

    public void start() {
        thread.start();
    }

    /** Sent when the handle's transaction commits; at most 8,000 bytes. */
    public static void announce(Handle handle, String channel, String payload) {
        handle.createQuery("SELECT pg_notify(:channel, :payload)")
                .bind("channel", channel)
                .bind("payload", payload)
                .mapToMap()
                .list();
    }

    private void run() {
        boolean again = false;
        while (closing.getCount() > 0) {
            try (Connection connection = address.connect(OPTIONS)) {
                listening.set(Optional.of(connection));
                try (Statement statement = connection.createStatement()) {
                    for (String channel : subscriptions.keySet()) {
                        statement.execute("LISTEN " + channel);
                    }
                }
                if (again) {
                    subscriptions
                            .values()
                            .forEach(all -> all.forEach(one -> one.onGap().run()));
                }
                again = true;
                receive(connection);
            } catch (SQLException e) {
                if (closing.getCount() > 0) {
                    LOG.warn("The connection for notifications from other nodes was lost; reconnecting.");
                }
            }
            pause();
        }
    }

    private void receive(Connection connection) throws SQLException {
        PGConnection postgres = connection.unwrap(PGConnection.class);
        long heard = System.nanoTime();
        while (closing.getCount() > 0) {
            if (System.nanoTime() - heard > heartbeat.toNanos()) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("SELECT 1");
                }
                heard = System.nanoTime();
            }
            PGNotification[] notifications = postgres.getNotifications(POLL_MILLIS);
            if (notifications == null) {
                continue;
            }
            for (PGNotification notification : notifications) {
                for (Subscription subscription : subscriptions.getOrDefault(notification.getName(), List.of())) {
                    try {
                        subscription.onPayload().accept(notification.getParameter());
                    } catch (RuntimeException e) {
                        LOG.error("A notification on {} could not be processed.", notification.getName(), e);
                    }
                }
            }
        }
    }

    private void pause() {
        try {
            closing.await(500, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
        try {
            Optional<Connection> connection = Objects.requireNonNull(listening.get());
            if (connection.isPresent()) {
                // It need not wait for the end of its poll, nor for a silent network.
                connection.get().abort(Runnable::run);
            }
            thread.join(2_000);
        } catch (SQLException e) {
            LOG.debug("The connection for notifications from other nodes could not be closed cleanly.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
