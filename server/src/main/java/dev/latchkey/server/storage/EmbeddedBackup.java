package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * One file with a data directory and its embedded database, written while Latchkey runs or while it is stopped. It has everything that
 * was acknowledged before it began.
 *
 * <p>The journal of token responses is copied first and the database last: a response that leaves the journal in between is committed
 * by then, so it is in one of the two, or in both, and the replay at the next start compares them.
 */
public final class EmbeddedBackup {
    static final String POSTGRES = "postgres";
    static final String CLUSTER = POSTGRES + "/cluster";
    private static final String KEY = "encryption.key";
    /** Below the folder of PostgreSQL: the others are made again. */
    private static final String PASSWORD = POSTGRES + "/password";

    private final Path data;
    private final boolean withKey;

    private EmbeddedBackup(Path data, boolean withKey) {
        this.data = data;
        this.withKey = withKey;
    }

    /** @param bytes of the file */
    public record Written(boolean running, boolean hasKey, long bytes) {}

    /**
     * @param data the data directory
     * @param target does not exist yet; appears when it is complete
     * @param withKey whether the master key is in it, if it is in the data directory
     * @throws ConfigurationException when there is no embedded database, or it cannot be copied
     */
    public static Written write(Path data, Path target, boolean withKey) throws IOException {
        if (!Files.exists(data.resolve(CLUSTER).resolve("PG_VERSION"))) {
            throw new ConfigurationException("There is no embedded database in " + data + ".");
        }
        if (target.startsWith(data)) {
            throw new ConfigurationException(
                    "A backup in the data directory is lost with it: write it elsewhere than in " + data + ".");
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        EmbeddedBackup backup = new EmbeddedBackup(data, withKey);
        try {
            boolean running;
            try (BackupFile file = BackupFile.create(part)) {
                running = backup.writeTo(file);
            }
            try (FileChannel written = FileChannel.open(part, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
            return new Written(running, withKey && Files.exists(data.resolve(KEY)), Files.size(target));
        } finally {
            Files.deleteIfExists(part);
        }
    }

    private boolean writeTo(BackupFile file) throws IOException {
        try (FileChannel lockFile = FileChannel.open(
                data.resolve(POSTGRES).resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            boolean stopped = EmbeddedPostgres.tryLock(lockFile) != null;
            besides(file);
            if (stopped && runningPort().isEmpty()) {
                cluster(file, "");
            } else {
                whileItRuns(file);
            }
            file.complete();
            return !stopped;
        }
    }

    /** Everything except for the database: journal, keys, anchors of the audit log. */
    private void besides(BackupFile file) throws IOException {
        for (Path path : present(data)) {
            boolean ours = !path.startsWith(data.resolve(POSTGRES)) && Files.isRegularFile(path);
            // A cache of classes is made again.
            boolean kept = !path.endsWith("lock") && !path.toString().endsWith(".aot");
            if (ours && kept && (withKey || !path.equals(data.resolve(KEY)))) {
                file.add(name(path), path);
            }
        }
        file.add(PASSWORD, data.resolve(PASSWORD));
    }

    private String name(Path path) {
        return data.relativize(path).toString();
    }

    /** PostgreSQL's "low level" base backup: files that change while they are copied, and the log that makes them whole. */
    private void whileItRuns(BackupFile file) throws IOException {
        DatabaseAddress address = new DatabaseAddress(
                "jdbc:postgresql://127.0.0.1:"
                        + runningPort()
                                .orElseThrow(() -> new ConfigurationException(
                                        "The Latchkey that uses " + data + " is starting or stopping: try again."))
                        + "/postgres",
                PostgresCluster.USER,
                new Secret(Files.readString(data.resolve(PASSWORD)).strip()));
        try (Connection connection = address.connect(Map.of("ApplicationName", "latchkey-backup"));
                Statement statement = connection.createStatement()) {
            // No segment of the log is removed before it is copied.
            statement.execute("SELECT pg_create_physical_replication_slot('latchkey_backup', true, true)");
            String first = one(statement, "SELECT pg_walfile_name(pg_backup_start('latchkey', true))");
            cluster(file, "pg_wal");
            String label;
            String last;
            try (ResultSet row =
                    statement.executeQuery("SELECT labelfile, pg_walfile_name(lsn) FROM pg_backup_stop(false)")) {
                row.next();
                label = row.getString(1);
                last = row.getString(2);
            }
            log(file, first, last);
            file.add(CLUSTER + "/backup_label", label);
        } catch (SQLException e) {
            throw new ConfigurationException(
                    "The embedded database could not be copied: " + DatabaseFailures.reason(e) + ".", e);
        }
    }

    private static String one(Statement statement, String query) throws SQLException {
        try (ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    /** @param without a folder whose files are not copied; empty: none */
    private void cluster(BackupFile file, String without) throws IOException {
        Path files = data.resolve(CLUSTER);
        Path control = files.resolve("global/pg_control");
        for (Path path : present(files)) {
            if (isOfTheRun(files.relativize(path))) {
                continue;
            }
            if (Files.isDirectory(path)) {
                file.addFolder(name(path));
            } else if (!path.equals(control) && (without.isEmpty() || !path.startsWith(files.resolve(without)))) {
                file.add(name(path), path);
            }
        }
        // Last: it says where the log begins that the other files need.
        file.add(name(control), control);
    }

    /** Below a folder, while files and folders come and go. */
    private static List<Path> present(Path folder) throws IOException {
        List<Path> found = new ArrayList<>();
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes unused) {
                found.add(directory);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes unused) {
                found.add(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
                if (failure instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw failure;
            }
        });
        return found;
    }

    /** What PostgreSQL's documentation says that a backup should not have; of some folders only what is in them. */
    private static boolean isOfTheRun(Path path) {
        String name = path.getFileName().toString();
        return name.startsWith("postmaster.")
                || name.startsWith("pgsql_tmp")
                || name.equals("backup_label.old")
                || path.getNameCount() > 1
                        && Set.of(
                                        "pg_replslot",
                                        "pg_dynshmem",
                                        "pg_notify",
                                        "pg_serial",
                                        "pg_snapshots",
                                        "pg_stat_tmp",
                                        "pg_subtrans")
                                .contains(path.getName(0).toString());
    }

    private void log(BackupFile file, String first, String last) throws IOException {
        List<Path> segments;
        try (Stream<Path> all = Files.list(data.resolve(CLUSTER).resolve("pg_wal"))) {
            segments = all.filter(Files::isRegularFile).sorted().toList();
        }
        for (Path segment : segments) {
            String name = segment.getFileName().toString();
            if (name.endsWith(".history") || name.compareTo(first) >= 0 && name.compareTo(last) <= 0) {
                file.add(name(segment), segment);
            }
        }
    }

    /** The fourth line of PostgreSQL's postmaster.pid, if it is the file of a process. */
    private Optional<Integer> runningPort() throws IOException {
        Path pidFile = data.resolve(CLUSTER).resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        List<String> lines = Files.readAllLines(pidFile);
        return lines.size() > 3
                        && ProcessHandle.of(Long.parseLong(lines.getFirst().strip()))
                                .flatMap(process -> process.info().command())
                                .filter(command -> command.endsWith("/postgres"))
                                .isPresent()
                ? Optional.of(Integer.parseInt(lines.get(3).strip()))
                : Optional.empty();
    }
}
