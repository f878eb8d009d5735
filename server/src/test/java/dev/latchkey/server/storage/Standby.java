package dev.latchkey.server.storage;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * A second PostgreSQL with what the first one had at one moment, as an asynchronous standby that is promoted: on a new timeline of
 * the write-ahead log, without what the first one confirmed after that moment.
 */
public final class Standby implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final EmbeddedPostgres primary;
    private final Path folder;
    private final int port = freePort();
    private Optional<Process> running = Optional.empty();

    private Standby(EmbeddedPostgres primary, Path folder) {
        this.primary = primary;
        this.folder = folder;
    }

    static Standby of(EmbeddedPostgres primary, Path folder) throws IOException {
        Standby standby = new Standby(primary, folder);
        Files.createDirectories(folder);
        DatabaseAddress address = primary.address();
        Jdbi database = Jdbi.create(
                address.jdbcUrl(), address.user(), address.password().reveal());
        try (Handle handle = database.open()) {
            String first = handle.createQuery(
                            "SELECT pg_walfile_name(l) FROM (SELECT pg_backup_start('standby', true)) AS s (l)")
                    .mapTo(String.class)
                    .one();
            standby.copy();
            String label = handle.createQuery("SELECT labelfile FROM pg_backup_stop(false)")
                    .mapTo(String.class)
                    .one();
            standby.copyLog(first);
            Files.writeString(standby.folder.resolve("backup_label"), label);
        }
        Files.writeString(standby.folder.resolve("recovery.signal"), "");
        Files.setPosixFilePermissions(standby.folder, PosixFilePermissions.fromString("rwx------"));
        return standby;
    }

    private Path from() {
        return primary.cluster();
    }

    private void copy() throws IOException {
        Files.walkFileTree(from(), new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes unused) throws IOException {
                if (directory.endsWith("pg_wal")) {
                    Files.createDirectories(folder.resolve("pg_wal/archive_status"));
                    return FileVisitResult.SKIP_SUBTREE;
                }
                Files.createDirectories(
                        folder.resolve(from().relativize(directory).toString()));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes unused) throws IOException {
                if (!file.getFileName().toString().startsWith("postmaster.")) {
                    copy(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /** Up to the end of the backup: what it needs to be whole. */
    private void copyLog(String first) throws IOException {
        try (var files = Files.list(from().resolve("pg_wal"))) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                if (name.endsWith(".history") || name.compareTo(first) >= 0) {
                    copy(file);
                }
            }
        }
    }

    private void copy(Path file) throws IOException {
        try {
            Files.copy(
                    file,
                    folder.resolve(from().relativize(file).toString()),
                    java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        } catch (NoSuchFileException e) {
            // It was temporary.
        }
    }

    /** It takes the first one's place, under its address. The first one keeps running in a folder without a name, until it is stopped. */
    void replace() throws IOException {
        Files.writeString(
                folder.resolve("postgresql.auto.conf"),
                "restore_command = 'false'\n",
                java.nio.file.StandardOpenOption.CREATE,
                java.nio.file.StandardOpenOption.APPEND);
        forgetEarlierOnes();
        Path old = from().resolveSibling("before-" + System.nanoTime());
        Files.move(from(), old);
        Files.move(folder, from());
    }

    /** Those that were replaced before this one have ended. */
    private void forgetEarlierOnes() throws IOException {
        try (var folders = Files.list(Objects.requireNonNull(from().getParent()))) {
            for (Path earlier : folders.filter(it -> it.getFileName().toString().startsWith("before-"))
                    .toList()) {
                try (var files = Files.walk(earlier)) {
                    for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                        Files.deleteIfExists(file);
                    }
                }
            }
        }
    }

    /** Starts it as the new primary; returns when it answers. */
    public void promote() throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(PostgresCluster.asNormalUser());
        command.addAll(List.of(
                primary.program("postgres").toString(),
                "-D",
                folder.toString(),
                "-p",
                Integer.toString(port),
                "-c",
                "listen_addresses=127.0.0.1",
                "-c",
                "unix_socket_directories=",
                "-c",
                "restore_command=false",
                "-c",
                "max_connections=60",
                "-c",
                "fsync=off"));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(
                        folder.resolveSibling(folder.getFileName() + ".log").toFile())
                .start();
        running = Optional.of(process);
        Instant limit = Instant.now().plus(PATIENCE);
        while (!answers()) {
            if (Instant.now().isAfter(limit) || !process.isAlive()) {
                throw new IOException("the standby does not start; see " + folder + ".log");
            }
            process.waitFor(50, TimeUnit.MILLISECONDS);
        }
    }

    private boolean answers() {
        try (var connection = address().connect(Map.of());
                var statement = connection.createStatement();
                var row = statement.executeQuery("SELECT NOT pg_is_in_recovery()")) {
            return row.next() && row.getBoolean(1);
        } catch (SQLException e) {
            return false;
        }
    }

    public int port() {
        return port;
    }

    public DatabaseAddress address() {
        DatabaseAddress first = primary.address();
        return new DatabaseAddress(
                first.jdbcUrl().replaceFirst(":\\d+/", ":" + port + "/"), first.user(), first.password());
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Override
    public void close() throws InterruptedException, IOException {
        if (running.isPresent()) {
            Process process = running.get();
            new ProcessBuilder("kill", "-QUIT", Long.toString(process.pid()))
                    .start()
                    .waitFor();
            if (!process.waitFor(20, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }
}
