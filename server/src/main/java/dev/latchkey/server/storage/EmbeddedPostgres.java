package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A PostgreSQL of our own in the data directory: a child process with fsync and passwords (SCRAM), restarted when it dies and stopped
 * with us. One process at a time may use a data directory.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedPostgres.class);
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Path folder;
    private final PostgresCluster cluster;
    private final FileChannel lockFile;
    private final int port;
    private final List<String> settings;
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile Process process;

    private EmbeddedPostgres(Path folder, FileChannel lockFile, SecureRandom random, List<String> settings)
            throws IOException {
        this.settings = settings;
        this.folder = folder;
        this.lockFile = lockFile;
        this.cluster = PostgresCluster.in(folder, random);
        stopOrphan();
        // Kept across restarts of the child, so that the pool finds it again.
        this.port = freePort();
        this.process = spawn();
    }

    /**
     * Starts the server, creating its cluster first if there is none; returns when it accepts connections.
     *
     * @param folder below the data directory; created if missing
     * @param settings of PostgreSQL, which override ours: {@code name=value}
     * @throws ConfigurationException when the folder is in use, belongs to another version, or PostgreSQL does not start
     */
    public static EmbeddedPostgres start(Path folder, SecureRandom random, List<String> settings) {
        EmbeddedPostgres begun = begin(folder, random, settings);
        try {
            return begun.awaitReady();
        } catch (RuntimeException e) {
            begun.close();
            throw e;
        }
    }

    public static EmbeddedPostgres start(Path folder, SecureRandom random) {
        return start(folder, random, List.of());
    }

    /** Begins to start the server: no queries may be sent before {@link #awaitReady}. Otherwise as {@link #start}. */
    public static EmbeddedPostgres begin(Path folder, SecureRandom random, List<String> settings) {
        try {
            Files.createDirectories(folder);
            FileChannel lockFile =
                    FileChannel.open(folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            try {
                lock(lockFile, folder);
                return new EmbeddedPostgres(folder, lockFile, random, settings);
            } catch (IOException | RuntimeException e) {
                lockFile.close();
                throw e;
            }
        } catch (IOException e) {
            throw new ConfigurationException(
                    "The data directory " + folder.getParent() + " cannot be used: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Returns once it accepts connections, and supervises it from then on. To be called once, after {@link #begin}.
     *
     * @throws ConfigurationException when the folder belongs to another version, or PostgreSQL does not start
     */
    public EmbeddedPostgres awaitReady() {
        try {
            awaitAnswer();
        } catch (IOException e) {
            throw new ConfigurationException("The embedded PostgreSQL does not start: " + e.getMessage() + ".", e);
        }
        Thread.ofPlatform().name("postgres-supervisor").daemon().start(this::supervise);
        return this;
    }

    public DatabaseAddress address() {
        return address("postgres");
    }

    DatabaseAddress address(String database) {
        return new DatabaseAddress(
                "jdbc:postgresql://127.0.0.1:" + port + "/" + database, PostgresCluster.USER, cluster.password());
    }

    Path cluster() {
        return cluster.files();
    }

    /** One of PostgreSQL's own. */
    Path program(String name) {
        return cluster.program(name);
    }

    long pid() {
        return process.pid();
    }

    private static void lock(FileChannel lockFile, Path folder) throws IOException {
        if (tryLock(lockFile) == null) {
            throw new ConfigurationException("The data directory " + folder.getParent()
                    + " is in use by another Latchkey: stop that one, or set LATCHKEY_DATA_DIR to another folder.");
        }
    }

    /** @return null: another process, or another part of this one, uses the folder */
    static @Nullable FileLock tryLock(FileChannel lockFile) throws IOException {
        try {
            return lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    /** A server that outlived a killed Latchkey is unsupervised, so it is stopped, and the new one recovers its log. */
    private void stopOrphan() throws IOException {
        Path pidFile = cluster.files().resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return;
        }
        Optional<ProcessHandle> orphan = Files.readAllLines(pidFile).stream()
                .findFirst()
                .map(Long::parseLong)
                .flatMap(ProcessHandle::of)
                // Pids are reused after a reboot: only a postgres is ours.
                .filter(handle -> handle.info().command().orElse("").endsWith("/postgres"));
        if (orphan.isPresent()) {
            LOG.warn("A PostgreSQL from an earlier run still runs on this data directory; stopping it.");
            orphan.get().destroy();
            awaitCondition(() -> !orphan.get().isAlive(), "the PostgreSQL from an earlier run does not stop");
        }
    }

    private Process spawn() throws IOException {
        List<String> command = new ArrayList<>(PostgresCluster.asNormalUser());
        command.addAll(List.of(
                cluster.program("postgres").toString(),
                "-D",
                cluster.files().toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "fsync=on",
                "-c",
                "max_connections=60",
                "-c",
                "shared_buffers=64MB",
                "-c",
                "wal_compression=on",
                "-c",
                "log_min_messages=warning",
                "-c",
                "log_min_error_statement=panic"));
        settings.forEach(setting -> command.addAll(List.of("-c", setting)));
        return new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
    }

    /** After a kill -9 a new server refuses for about two seconds, until the dead one's pid is gone: so it is retried. */
    private void awaitAnswer() throws IOException {
        Instant limit = Instant.now().plus(PATIENCE);
        while (Instant.now().isBefore(limit)) {
            if (answers()) {
                return;
            }
            if (!process.isAlive()) {
                if (closing.getCount() == 0) {
                    return;
                }
                // PostgreSQL refuses another version's files by itself: only then is it worth starting a process to
                // check.
                cluster.checkVersion();
                LOG.info("PostgreSQL has not started yet; trying again.");
                pause(Duration.ofMillis(500));
                process = spawn();
            }
            pause(Duration.ofMillis(20));
        }
        process.destroy();
        throw new ConfigurationException(
                "The embedded PostgreSQL does not start; its log is " + folder.resolve("log") + ".");
    }

    private boolean answers() {
        try (var connection = address().connect(Map.of())) {
            return connection.isValid(2);
        } catch (SQLException e) {
            return false;
        }
    }

    private void supervise() {
        while (closing.getCount() > 0) {
            try {
                int status = process.waitFor();
                if (closing.getCount() > 0) {
                    LOG.error("PostgreSQL exited with status {}; restarting it.", status);
                    pause(Duration.ofMillis(200));
                    process = spawn();
                    awaitAnswer();
                    LOG.info("PostgreSQL is back.");
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            } catch (IOException | ConfigurationException e) {
                LOG.error("PostgreSQL could not be restarted; retrying.", e);
            }
        }
    }

    private void pause(Duration time) {
        try {
            closing.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitCondition(BooleanSupplier condition, String otherwise) {
        Instant limit = Instant.now().plus(PATIENCE);
        while (!condition.getAsBoolean()) {
            if (Instant.now().isAfter(limit)) {
                throw new ConfigurationException(
                        "The data directory " + folder.getParent() + " cannot be used: " + otherwise + ".");
            }
            pause(Duration.ofMillis(20));
        }
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Stops the server in its fast mode: connections are cut, the log is flushed. */
    @Override
    public void close() {
        closing.countDown();
        Process running = process;
        // SIGINT is PostgreSQL's fast shutdown; SIGTERM would wait for every client.
        try {
            new ProcessBuilder("kill", "-INT", Long.toString(running.pid()))
                    .start()
                    .waitFor();
            if (!running.waitFor(20, TimeUnit.SECONDS)) {
                running.destroyForcibly();
            }
            lockFile.close();
        } catch (IOException e) {
            running.destroy();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
