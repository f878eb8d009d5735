package dev.latchkey.server.vault;

import com.google.crypto.tink.Aead;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The key that wraps data keys. It is in the settings or a file, or in the database as a key management service has wrapped it
 * ({@code kms/}); never there in clear text.
 */
public final class MasterKey {
    public static final int BYTES = DataKeys.BYTES;

    private static final Logger LOG = LoggerFactory.getLogger(MasterKey.class);

    private final Aead key;
    private final Optional<Aead> previous;

    private MasterKey(Aead key, Optional<Aead> previous) {
        this.key = key;
        this.previous = previous;
    }

    private MasterKey(byte[] key) {
        this(aead(key), Optional.empty());
    }

    private static Aead aead(byte[] key) {
        try {
            return DataKeys.alone(key);
        } catch (GeneralSecurityException e) {
            throw new VaultException("AES-256-GCM is not available here", e);
        }
    }

    /** @param key {@link #BYTES} long */
    public static MasterKey of(byte[] key) {
        return new MasterKey(key);
    }

    /** The same key, which also unwraps data keys of another one that is being replaced. */
    public MasterKey replacing(MasterKey other) {
        return new MasterKey(key, Optional.of(other.key));
    }

    /**
     * The same key, which also unwraps data keys of another one that is being replaced.
     *
     * @throws ConfigurationException when the other key is not 32 bytes in base64
     */
    public MasterKey replacing(Secret other) {
        return new MasterKey(key, Optional.of(aead(decode(other.reveal(), "LATCHKEY_ENCRYPTION_KEY_PREVIOUS"))));
    }

    /**
     * From {@code LATCHKEY_ENCRYPTION_KEY}, otherwise from the key file, which is created if missing.
     *
     * @param lost whether a key must have existed already: then none is created
     * @throws ConfigurationException when the key is lost or is not 32 bytes in base64, or the file cannot be read or written
     */
    public static MasterKey load(Optional<Secret> configured, Path file, BooleanSupplier lost, SecureRandom random) {
        if (configured.isPresent()) {
            return new MasterKey(decode(configured.get().reveal(), "LATCHKEY_ENCRYPTION_KEY"));
        }
        try {
            if (!Files.exists(file)) {
                if (lost.getAsBoolean()) {
                    throw new ConfigurationException(
                            "The key file " + file
                                    + " is missing, and the database holds credentials that were encrypted with its key: put the file back, or set LATCHKEY_ENCRYPTION_KEY to the key.");
                }
                generate(file, random);
            }
            return new MasterKey(decode(Files.readString(file).strip(), file.toString()));
        } catch (IOException e) {
            throw new ConfigurationException(
                    "The key file " + file
                            + " cannot be read or written; set LATCHKEY_ENCRYPTION_KEY or correct its permissions.",
                    e);
        }
    }

    byte[] wrap(byte[] dataKey, int id) {
        try {
            return key.encrypt(dataKey, associatedData(id));
        } catch (GeneralSecurityException e) {
            throw new VaultException("a data key could not be wrapped", e);
        }
    }

    /** Whether this key itself wrapped it. */
    public boolean opens(byte[] wrapped, int id) {
        try {
            return key.decrypt(wrapped, associatedData(id)).length > 0;
        } catch (GeneralSecurityException e) {
            return false;
        }
    }

    /** @param byPrevious whether the key that is being replaced wrapped it */
    record Unwrapped(byte[] dataKey, boolean byPrevious) {}

    Unwrapped unwrap(byte[] wrapped, int id) {
        try {
            return new Unwrapped(key.decrypt(wrapped, associatedData(id)), false);
        } catch (GeneralSecurityException e) {
            return unwrapByPrevious(wrapped, id, e);
        }
    }

    private Unwrapped unwrapByPrevious(byte[] wrapped, int id, GeneralSecurityException byThis) {
        try {
            return new Unwrapped(previous.orElseThrow(() -> byThis).decrypt(wrapped, associatedData(id)), true);
        } catch (GeneralSecurityException e) {
            throw new ConfigurationException(
                    "The encryption key is not the one this database was written with: set LATCHKEY_ENCRYPTION_KEY or LATCHKEY_ENCRYPTION_KMS to that key, or restore the file encryption.key.",
                    e);
        }
    }

    private static byte[] associatedData(int id) {
        return ("latchkey data key " + id).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    private static void generate(Path file, SecureRandom random) throws IOException {
        byte[] key = new byte[DataKeys.BYTES];
        random.nextBytes(key);
        Files.createDirectories(file.toAbsolutePath().getParent());
        Path written = Files.createTempFile(
                file.toAbsolutePath().getParent(),
                "key",
                "",
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        try (FileChannel channel = FileChannel.open(written, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(
                    (Base64.getEncoder().encodeToString(key) + "\n").getBytes(StandardCharsets.US_ASCII)));
            // Its name must not reach the disk before its content: credentials are encrypted with it at once.
            channel.force(true);
        }
        // Atomic: a torn key file would lock its owner out. By a link, which replaces nothing: another process that
        // starts on the same folder may have created one already, and used it.
        try {
            Files.createLink(file, written);
        } catch (FileAlreadyExistsException e) {
            return;
        } catch (UnsupportedOperationException e) {
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(written);
        }
        try (FileChannel folder = FileChannel.open(file.toAbsolutePath().getParent())) {
            folder.force(true);
        }
        LOG.warn(
                "An encryption key was made in {}. Back it up: without it the stored credentials cannot be read. In production set LATCHKEY_ENCRYPTION_KEY instead.",
                file);
    }

    private static byte[] decode(String text, String where) {
        byte[] key;
        try {
            key = Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            key = new byte[0];
        }
        if (key.length != DataKeys.BYTES) {
            throw new ConfigurationException(
                    where + " must hold 32 bytes in base64; `openssl rand -base64 32` makes one.");
        }
        return key;
    }
}
