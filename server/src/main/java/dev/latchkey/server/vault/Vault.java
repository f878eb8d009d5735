package dev.latchkey.server.vault;

import com.google.crypto.tink.aead.AesGcmKey;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Database;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * Envelope encryption of every secret at rest. Data keys (AES-256-GCM) encrypt, the master key wraps them. A ciphertext is
 * {@code 0x01 | data key id (4 bytes) | nonce, ciphertext, tag}, which is Tink's form with its prefix, bound by associated data to its
 * place.
 * Thread-safe.
 */
public final class Vault {
    private static final Logger LOG = LoggerFactory.getLogger(Vault.class);
    /** Tink's prefix: this byte, and four of the key's id. */
    private static final byte PREFIX = 1;

    private static final int HEADER = 5;
    private static final Duration LIFE_OF_A_DATA_KEY = Duration.ofDays(90);
    /**
     * Every node reads the data keys every ten minutes ({@link #renew}). A new one is written first and used once it is older than
     * this, so that no node meets a ciphertext of an unknown key.
     */
    private static final Duration SEEN_BY_ALL = Duration.ofMinutes(15);
    /** Of one key by one process. Nonces are random: NIST SP 800-38D section 8.3 allows 2^32 encryptions by all together. */
    private static final long MOST_ENCRYPTIONS = 1L << 28;

    private final MasterKey master;
    private final Database database;
    private final SecureRandom random;
    private final Map<Integer, AesGcmKey> keys = new ConcurrentHashMap<>();
    private final Set<Integer> lost = ConcurrentHashMap.newKeySet();
    private final AtomicLong encryptions = new AtomicLong();
    private volatile @Nullable DataKeys inUse;

    private Vault(MasterKey master, Database database, SecureRandom random) {
        this.master = master;
        this.database = database;
        this.random = random;
    }

    /** Reads the data keys, and creates the first if there is none. */
    public static Vault open(MasterKey master, Database database, SecureRandom random) {
        Vault vault = new Vault(master, database, random);
        vault.load();
        if (vault.keys.isEmpty()) {
            vault.addKey(1);
        }
        return vault;
    }

    /** Whether credentials were encrypted in this database before: then their master key must exist. */
    public static boolean isThere(Database database) {
        return database.withHandle(handle -> handle.createQuery("SELECT EXISTS (SELECT 1 FROM data_keys)")
                .mapTo(Boolean.class)
                .one());
    }

    /** The master key that a database is opened with, which may be in it. */
    @FunctionalInterface
    public interface KeyOf {
        MasterKey of(Connection database) throws SQLException;
    }

    /** What an encryption key is to a database. */
    public enum Opening {
        NO_TABLE,
        NO_DATA_KEY,
        OPENS,
        REFUSED
    }

    /**
     * Whether the key is this database's, which may be of any version.
     *
     * @param master asked for only if there is a data key
     */
    public static Opening opening(Connection database, KeyOf master) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet found = statement.executeQuery("SELECT to_regclass('data_keys') IS NOT NULL")) {
            found.next();
            if (!found.getBoolean(1)) {
                return Opening.NO_TABLE;
            }
        }
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery("SELECT id, wrapped FROM data_keys ORDER BY id DESC LIMIT 1")) {
            if (!row.next()) {
                return Opening.NO_DATA_KEY;
            }
            return master.of(database).opens(row.getBytes(2), row.getInt(1)) ? Opening.OPENS : Opening.REFUSED;
        }
    }

    public byte[] encrypt(Binding binding, byte[] clear) {
        encryptions.incrementAndGet();
        try {
            return inUse().aead().encrypt(clear, binding.associatedData());
        } catch (GeneralSecurityException e) {
            throw new VaultException("a secret could not be encrypted", e);
        }
    }

    /** @throws VaultException when the ciphertext was altered or belongs to another place */
    public byte[] decrypt(Binding binding, byte[] ciphertext) {
        if (ciphertext.length <= HEADER || ciphertext[0] != PREFIX) {
            throw new VaultException("not a ciphertext of this vault");
        }
        int id = ByteBuffer.wrap(ciphertext, 1, 4).getInt();
        try {
            return holding(id).aead().decrypt(ciphertext, binding.associatedData());
        } catch (GeneralSecurityException e) {
            throw new VaultException("a ciphertext was altered, or moved from another place, in " + binding.table()
                    + "." + binding.column());
        }
    }

    public byte[] encryptJson(Binding binding, JsonNode json) {
        return encrypt(binding, Json.MAPPER.writeValueAsBytes(json));
    }

    public JsonNode decryptJson(Binding binding, byte[] ciphertext) {
        return Json.MAPPER.readTree(decrypt(binding, ciphertext));
    }

    /** Writes a new data key, which every node uses after a quarter of an hour; older ciphertexts stay readable. */
    public void rotate() {
        load();
        addKey(keys.keySet().stream().mapToInt(Integer::intValue).max().orElse(0) + 1);
    }

    /**
     * Reads other nodes' data keys, and rotates when the newest one is 90 days old by the database's clock, or has been used often.
     * Called every ten minutes.
     */
    public void renew() {
        load();
        boolean old = database.withHandle(handle -> handle.createQuery(
                        "SELECT max(created_at) < now() - make_interval(days => :days) FROM data_keys")
                .bind("days", (int) LIFE_OF_A_DATA_KEY.toDays())
                .mapTo(Boolean.class)
                .one());
        if (old || encryptions.get() > MOST_ENCRYPTIONS) {
            encryptions.set(0);
            rotate();
        }
    }

    private DataKeys inUse() {
        DataKeys known = inUse;
        if (known == null) {
            throw new VaultException("there is no data key in the database");
        }
        return known;
    }

    private DataKeys holding(int id) {
        DataKeys known = inUse();
        if (!known.byId().containsKey(id)) {
            known = late(id);
        }
        if (!known.byId().containsKey(id)) {
            throw new VaultException("data key " + id + " is not in the database");
        }
        return known;
    }

    /**
     * Another node has rotated, and this one has missed it. The caller is reading a row and so holds a connection of the pool: waiting
     * for a second one could deadlock, and one read serves all.
     */
    private DataKeys late(int id) {
        synchronized (keys) {
            if (!inUse().byId().containsKey(id)) {
                load(database.apart(Vault::read));
            }
        }
        return inUse();
    }

    private void addKey(int id) {
        byte[] dataKey = new byte[DataKeys.BYTES];
        random.nextBytes(dataKey);
        byte[] wrapped = master.wrap(dataKey, id);
        // Two nodes may race for the same number: the first wins, and both read its key.
        database.withHandle(handle -> handle.createUpdate(
                        "INSERT INTO data_keys (id, wrapped) VALUES (:id, :wrapped) ON CONFLICT DO NOTHING")
                .bind("id", id)
                .bind("wrapped", wrapped)
                .execute());
        load();
    }

    private record Wrapped(byte[] bytes, boolean usable) {}

    private void load() {
        load(database.withHandle(Vault::read));
    }

    private void load(Map<Integer, Wrapped> wrapped) {
        wrapped.forEach((id, key) -> {
            if (!keys.containsKey(id)) {
                open(id, key.bytes());
            }
        });
        if (keys.isEmpty() && !lost.isEmpty()) {
            throw new ConfigurationException(
                    "The encryption key is not the one this database was written with: set LATCHKEY_ENCRYPTION_KEY or LATCHKEY_ENCRYPTION_KMS to that key, or restore the file encryption.key.");
        }
        if (!keys.isEmpty()) {
            use(wrapped);
        }
    }

    private synchronized void use(Map<Integer, Wrapped> wrapped) {
        int newest = wrapped.entrySet().stream()
                .filter(entry -> entry.getValue().usable() && keys.containsKey(entry.getKey()))
                .mapToInt(Map.Entry::getKey)
                .max()
                // In a new installation all keys are new.
                .orElseGet(() -> Collections.min(keys.keySet()));
        DataKeys known = inUse;
        if (known != null && known.current() == newest && known.byId().keySet().equals(keys.keySet())) {
            return;
        }
        try {
            inUse = DataKeys.of(newest, Map.copyOf(keys));
        } catch (GeneralSecurityException e) {
            throw new VaultException("AES-256-GCM is not available here", e);
        }
    }

    /** A key that neither master key unwraps is lost with its ciphertexts; those of other keys stay readable. */
    private void open(int id, byte[] wrapped) {
        try {
            MasterKey.Unwrapped unwrapped = master.unwrap(wrapped, id);
            AesGcmKey key = DataKeys.key(id, unwrapped.dataKey());
            if (unwrapped.byPrevious()) {
                rewrap(id, wrapped, unwrapped.dataKey());
            }
            keys.putIfAbsent(id, key);
            lost.remove(id);
        } catch (ConfigurationException | GeneralSecurityException e) {
            if (lost.add(id)) {
                LOG.error(
                        "Data key {} (data_keys) cannot be opened by the encryption key: what it encrypted cannot be read. Restore its row from a backup, or set LATCHKEY_ENCRYPTION_KEY_PREVIOUS to the key that wrapped it.",
                        id);
            }
        }
    }

    /** Rewraps data keys of the previous master key with the new one; two nodes may do it at once. */
    private void rewrap(int id, byte[] bytes, byte[] dataKey) {
        byte[] again = master.wrap(dataKey, id);
        database.withHandle(handle -> handle.createUpdate(
                        "UPDATE data_keys SET wrapped = :again WHERE id = :id AND wrapped = :bytes")
                .bind("again", again)
                .bind("id", id)
                .bind("bytes", bytes)
                .execute());
    }

    private static Map<Integer, Wrapped> read(Handle handle) {
        Map<Integer, Wrapped> found = new TreeMap<>();
        handle.createQuery("SELECT id, wrapped, created_at < now() - make_interval(mins => :minutes) FROM data_keys")
                .bind("minutes", (int) SEEN_BY_ALL.toMinutes())
                .map((row, context) -> Map.entry(row.getInt(1), new Wrapped(row.getBytes(2), row.getBoolean(3))))
                .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
        return found;
    }
}
