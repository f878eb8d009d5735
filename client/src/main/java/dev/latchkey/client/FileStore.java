package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Connections in an encrypted file, readable by its owner alone: a nonce, and the JSON of all under AES-256-GCM. */
final class FileStore implements ConnectionStore {
    private static final byte[] FORMAT = "latchkey-connections-1".getBytes(UTF_8);
    private static final int KEY_BYTES = 32;
    private static final int NONCE_BYTES = 12;
    private static final int TAG_BITS = 128;

    private final Path file;
    private final SecretKeySpec key;
    private final SecureRandom random = new SecureRandom();
    private final MemoryStore connections = new MemoryStore();

    FileStore(Path file, byte[] key) {
        if (key.length != KEY_BYTES) {
            throw new IllegalArgumentException("the key of the connections' file must have " + KEY_BYTES + " bytes");
        }
        this.file = file.toAbsolutePath();
        this.key = new SecretKeySpec(key, "AES");
        load();
    }

    private void load() {
        if (!Files.exists(file)) {
            return;
        }
        try {
            byte[] sealed = Files.readAllBytes(file);
            byte[] nonce = Arrays.copyOf(sealed, NONCE_BYTES);
            Cipher cipher = cipher(Cipher.DECRYPT_MODE, nonce);
            String json = new String(cipher.doFinal(sealed, NONCE_BYTES, sealed.length - NONCE_BYTES), UTF_8);
            Json.parse(json).items().forEach(one -> connections.put(new Connection(one)));
        } catch (IOException e) {
            throw new IllegalStateException("the connections in " + file + " cannot be read", e);
        } catch (GeneralSecurityException | IllegalArgumentException e) {
            // Without the cause, whose text may have a part of the content.
            throw new IllegalStateException(
                    "the connections in " + file + " were written with another key, or the file is damaged");
        }
    }

    private Cipher cipher(int mode, byte[] nonce) throws GeneralSecurityException {
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, key, new GCMParameterSpec(TAG_BITS, nonce));
        cipher.updateAAD(FORMAT);
        return cipher;
    }

    @Override
    public Optional<Connection> find(String integration, String connectionId) {
        return connections.find(integration, connectionId);
    }

    @Override
    public List<Connection> list() {
        return connections.list();
    }

    @Override
    public synchronized void put(Connection connection) {
        Optional<Connection> before = connections.find(connection.integration(), connection.connectionId());
        connections.put(connection);
        try {
            save();
        } catch (RuntimeException e) {
            connections.remove(connection.integration(), connection.connectionId());
            before.ifPresent(connections::put);
            throw e;
        }
    }

    @Override
    public synchronized boolean remove(String integration, String connectionId) {
        Optional<Connection> before = connections.find(integration, connectionId);
        if (before.isEmpty()) {
            return false;
        }
        connections.remove(integration, connectionId);
        try {
            save();
        } catch (RuntimeException e) {
            connections.put(before.get());
            throw e;
        }
        return true;
    }

    /** A crash leaves the old file or the new one, never a part. */
    private void save() {
        byte[] json = Json.of(list().stream().map(Connection::json).toList())
                .toString()
                .getBytes(UTF_8);
        byte[] nonce = new byte[NONCE_BYTES];
        random.nextBytes(nonce);
        try {
            byte[] sealed = cipher(Cipher.ENCRYPT_MODE, nonce).doFinal(json);
            Path folder = file.getParent() == null ? file : file.getParent();
            Files.createDirectories(folder);
            Path next = Files.createTempFile(folder, file.getFileName().toString(), ".new");
            ownerOnly(next);
            try (FileChannel channel = FileChannel.open(next, StandardOpenOption.WRITE)) {
                ByteBuffer bytes = ByteBuffer.allocate(nonce.length + sealed.length)
                        .put(nonce)
                        .put(sealed)
                        .flip();
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
                channel.force(true);
            }
            move(next);
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has AES-GCM", e);
        } catch (IOException e) {
            throw new UncheckedIOException("the connections cannot be written to " + file, e);
        }
    }

    private void move(Path next) throws IOException {
        try {
            Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (AtomicMoveNotSupportedException e) {
            Files.move(next, file, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    private static void ownerOnly(Path path) throws IOException {
        if (Files.getFileStore(path).supportsFileAttributeView("posix")) {
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        }
    }
}
