package dev.latchkey.server.vault;

import com.google.crypto.tink.subtle.AesGcmJce;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.storage.Database;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import tools.jackson.databind.JsonNode;

/**
 * Envelope encryption of every secret at rest. Data keys (AES-256-GCM) encrypt, the master key wraps them. A ciphertext is
 * {@code version (1 byte) | data key id (4 bytes) | nonce, ciphertext, tag}, bound by associated data to its place.
 * Thread-safe.
 */
public final class Vault {
    private static final byte VERSION = 1;
    private static final int HEADER = 5;
    private static final Duration LIFE_OF_A_DATA_KEY = Duration.ofDays(90);

    private final MasterKey master;
    private final Database database;
    private final SecureRandom random;
    private final Map<Integer, AesGcmJce> keys = new ConcurrentHashMap<>();
    private volatile int current;

    private Vault(MasterKey master, Database database, SecureRandom random) {
        this.master = master;
        this.database = database;
        this.random = random;
    }

    /** Reads the data keys, and makes the first where there is none. */
    public static Vault open(MasterKey master, Database database, SecureRandom random) {
        Vault vault = new Vault(master, database, random);
        vault.load();
        if (vault.keys.isEmpty()) {
            vault.addKey(1);
        }
        return vault;
    }

    public byte[] encrypt(Binding binding, byte[] clear) {
        int id = current;
        try {
            byte[] sealed = key(id).encrypt(clear, binding.associatedData());
            return ByteBuffer.allocate(HEADER + sealed.length)
                    .put(VERSION)
                    .putInt(id)
                    .put(sealed)
                    .array();
        } catch (GeneralSecurityException e) {
            throw new VaultException("a secret could not be encrypted", e);
        }
    }

    /** @throws VaultException when the ciphertext was altered or belongs to another place */
    public byte[] decrypt(Binding binding, byte[] ciphertext) {
        if (ciphertext.length <= HEADER || ciphertext[0] != VERSION) {
            throw new VaultException("not a ciphertext of this vault");
        }
        int id = ByteBuffer.wrap(ciphertext, 1, 4).getInt();
        try {
            return key(id).decrypt(
                            java.util.Arrays.copyOfRange(ciphertext, HEADER, ciphertext.length),
                            binding.associatedData());
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

    /** From now on new ciphertexts use a new data key; what older keys wrote stays readable. */
    public void rotate() {
        load();
        addKey(current + 1);
    }

    /** Rotates when the newest data key is 90 days old, by the database's clock. */
    public void renew() {
        boolean old = database.withHandle(handle -> handle.createQuery(
                        "SELECT max(created_at) < now() - make_interval(days => :days) FROM data_keys")
                .bind("days", (int) LIFE_OF_A_DATA_KEY.toDays())
                .mapTo(Boolean.class)
                .one());
        if (old) {
            rotate();
        }
    }

    private AesGcmJce key(int id) {
        AesGcmJce key = keys.get(id);
        if (key == null) {
            // Another node rotated.
            load();
            key = keys.get(id);
        }
        if (key == null) {
            throw new VaultException("data key " + id + " is not in the database");
        }
        return key;
    }

    private void addKey(int id) {
        byte[] dataKey = new byte[32];
        random.nextBytes(dataKey);
        byte[] wrapped = master.wrap(dataKey, id);
        // Two nodes may race for the same number: the first wins, and both read what is there.
        database.withHandle(handle -> handle.createUpdate(
                        "INSERT INTO data_keys (id, wrapped) VALUES (:id, :wrapped) ON CONFLICT DO NOTHING")
                .bind("id", id)
                .bind("wrapped", wrapped)
                .execute());
        load();
    }

    private void load() {
        Map<Integer, byte[]> wrapped = database.withHandle(Vault::read);
        wrapped.forEach((id, bytes) -> {
            if (!keys.containsKey(id) && !master.opens(bytes, id)) {
                rewrap(id, bytes);
            }
        });
        wrapped.forEach((id, bytes) -> keys.computeIfAbsent(id, missing -> {
            try {
                return new AesGcmJce(master.unwrap(bytes, id));
            } catch (GeneralSecurityException e) {
                throw new VaultException("data key " + id + " is not an AES-256 key", e);
            }
        }));
        current = wrapped.keySet().stream().mapToInt(Integer::intValue).max().orElse(0);
    }

    /** What the previous master key wrapped is the new one's from now on; two nodes may do it at once. */
    private void rewrap(int id, byte[] bytes) {
        byte[] again = master.wrap(master.unwrap(bytes, id), id);
        database.withHandle(handle -> handle.createUpdate(
                        "UPDATE data_keys SET wrapped = :again WHERE id = :id AND wrapped = :bytes")
                .bind("again", again)
                .bind("id", id)
                .bind("bytes", bytes)
                .execute());
    }

    private static Map<Integer, byte[]> read(Handle handle) {
        Map<Integer, byte[]> found = new TreeMap<>();
        handle.createQuery("SELECT id, wrapped FROM data_keys")
                .map((row, context) -> Map.entry(row.getInt(1), row.getBytes(2)))
                .forEach(entry -> found.put(entry.getKey(), entry.getValue()));
        return found;
    }
}
