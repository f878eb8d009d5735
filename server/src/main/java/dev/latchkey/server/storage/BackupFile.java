package dev.latchkey.server.storage;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.Deflater;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorOutputStream;
import org.apache.commons.compress.compressors.gzip.GzipParameters;

/** A backup: a compressed archive (tar, gzip) whose first entry says that it is one and whose last one that it is whole. */
final class BackupFile implements AutoCloseable {
    static final String FIRST = "latchkey-backup-1";
    static final String LAST = "latchkey-backup-end";
    /** Read and written by the owner: it may have the master key. */
    private static final int PRIVATE_FILE = 0100600;

    private static final int PRIVATE_FOLDER = 040700;

    private final TarArchiveOutputStream tar;

    private BackupFile(TarArchiveOutputStream tar) {
        this.tar = tar;
    }

    static BackupFile create(Path path) throws IOException {
        Files.deleteIfExists(path);
        Files.createFile(path, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        GzipParameters fast = new GzipParameters();
        fast.setCompressionLevel(Deflater.BEST_SPEED);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(
                new GzipCompressorOutputStream(new BufferedOutputStream(Files.newOutputStream(path), 1 << 16), fast));
        tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_POSIX);
        tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
        BackupFile file = new BackupFile(tar);
        file.add(FIRST, "");
        return file;
    }

    void addFolder(String name) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name + "/");
        entry.setMode(PRIVATE_FOLDER);
        tar.putArchiveEntry(entry);
        tar.closeArchiveEntry();
    }

    void add(String name, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        begin(name, bytes.length);
        tar.write(bytes);
        tar.closeArchiveEntry();
    }

    /**
     * As long as it is now, while others write to it: what it grows is left out, what it shrinks is zeros. A file that has been deleted is left
     * out. The database's log and the journal's checksums tell what of it counts.
     */
    void add(String name, Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            long size = Files.size(path);
            begin(name, size);
            byte[] buffer = new byte[1 << 16];
            long left = size;
            while (left > 0) {
                int read = in.read(buffer, 0, (int) Math.min(buffer.length, left));
                if (read < 0) {
                    java.util.Arrays.fill(buffer, (byte) 0);
                    read = (int) Math.min(buffer.length, left);
                }
                tar.write(buffer, 0, read);
                left -= read;
            }
            tar.closeArchiveEntry();
        } catch (NoSuchFileException e) {
            // It was temporary, or the journal reuses its room.
            return;
        }
    }

    private void begin(String name, long size) throws IOException {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setMode(PRIVATE_FILE);
        tar.putArchiveEntry(entry);
    }

    /** To be called in the end only: a file without its last entry is refused. */
    void complete() throws IOException {
        add(LAST, "");
    }

    @Override
    public void close() throws IOException {
        tar.close();
    }
}
