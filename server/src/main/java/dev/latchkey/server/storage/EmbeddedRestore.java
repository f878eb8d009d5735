package dev.latchkey.server.storage;

import dev.latchkey.server.configuration.ConfigurationException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Comparator;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;

/** Makes a data directory of the file that {@link EmbeddedBackup} wrote. */
public final class EmbeddedRestore {
    private static final FileAttribute<?> PRIVATE_FOLDER =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
    private static final FileAttribute<?> PRIVATE_FILE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

    private EmbeddedRestore() {}

    /**
     * @param data the data directory: it must have no embedded database; its encryption key and its journal, if there are any, stay
     * @throws ConfigurationException when it has a database, or the file is no backup or is not whole; nothing has changed then
     */
    public static void read(Path file, Path data) throws IOException {
        if (Files.exists(data.resolve(EmbeddedBackup.POSTGRES))) {
            throw new ConfigurationException("There is an embedded database in " + data
                    + " already: move the folder " + data.resolve(EmbeddedBackup.POSTGRES)
                    + " away first, or set LATCHKEY_DATA_DIR to another folder.");
        }
        Files.createDirectories(data);
        Path unpacking = Files.createTempDirectory(data, "restoring", PRIVATE_FOLDER);
        try {
            unpack(file, unpacking);
            // The database last: without it the next start would make an empty one.
            try (Stream<Path> all = Files.list(unpacking)) {
                for (Path path : all.sorted(Comparator.comparing(it -> it.endsWith(EmbeddedBackup.POSTGRES)))
                        .toList()) {
                    Path target = data.resolve(path.getFileName().toString());
                    if (!Files.exists(target)) {
                        Files.move(path, target, StandardCopyOption.ATOMIC_MOVE);
                    }
                }
            }
        } finally {
            PostgresBinaries.delete(unpacking);
        }
    }

    private static void unpack(Path file, Path folder) throws IOException {
        String last = "";
        try (TarArchiveInputStream tar = new TarArchiveInputStream(
                new GzipCompressorInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (last.isEmpty() && !entry.getName().equals(BackupFile.FIRST)) {
                    throw new IOException("it was not written by `latchkey backup`");
                }
                last = entry.getName();
                Path path = folder.resolve(last).normalize();
                if (!path.startsWith(folder)) {
                    throw new IOException("it was altered");
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path, PRIVATE_FOLDER);
                } else if (!Set.of(BackupFile.FIRST, BackupFile.LAST).contains(last)) {
                    Files.createDirectories(path.getParent(), PRIVATE_FOLDER);
                    Files.createFile(path, PRIVATE_FILE);
                    try (OutputStream out = Files.newOutputStream(path)) {
                        tar.transferTo(out);
                    }
                }
            }
        } catch (IOException e) {
            throw new ConfigurationException(file + " cannot be restored: " + e.getMessage() + ".", e);
        }
        if (!last.equals(BackupFile.LAST)) {
            throw new ConfigurationException(file + " cannot be restored: its end is missing.");
        }
    }
}
