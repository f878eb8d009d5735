package dev.latchkey.server.audit;

import dev.latchkey.catalogue.keys.HashFunction;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The key of the log's chain: random, stored only as the vault's ciphertext. Thread-safe. */
final class AuditKey {
    private static final Logger LOG = LoggerFactory.getLogger(AuditKey.class);

    private final HashFunction.Keyed keyed;

    private AuditKey(byte[] key) {
        this.keyed = HashFunction.SHA_256.keyed(key);
    }

    private record Sealed(int id, byte[] bytes) {}

    /**
     * Creates the key if there is none; of two nodes that do so at once, the first wins. If none can be read, the log continues with a
     * new one: actions must still be recorded, and earlier rows show as altered.
     */
    static AuditKey open(Database database, Vault vault, SecureRandom random, Instant now) {
        List<Sealed> stored = database.withHandle(AuditKey::read);
        Optional<AuditKey> known = newest(vault, stored);
        if (known.isPresent()) {
            return known.get();
        }
        int id = stored.isEmpty() ? 1 : Math.max(1, stored.getFirst().id() + 1);
        if (!stored.isEmpty()) {
            LOG.error(
                    "The key of the audit log (audit_keys, id {}) cannot be read. The log continues with a new key, and its rows until now show as altered: restore that row, or the encryption key, from a backup and remove the later keys to check them.",
                    stored.getFirst().id());
        }
        byte[] fresh = new byte[32];
        random.nextBytes(fresh);
        database.withHandle(handle -> handle.createUpdate(
                        "INSERT INTO audit_keys (id, sealed, created_at) VALUES (:id, :sealed, :now) ON CONFLICT DO NOTHING")
                .bind("id", id)
                .bind("sealed", vault.encrypt(binding(id), fresh))
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .execute());
        return newest(vault, database.withHandle(AuditKey::read)).orElseThrow();
    }

    private static Optional<AuditKey> newest(Vault vault, List<Sealed> stored) {
        return stored.stream()
                .flatMap(one -> Rows.part(
                        () -> Optional.of(vault.decrypt(binding(one.id()), one.bytes())), Optional.<byte[]>empty())
                        .stream())
                .map(AuditKey::new)
                .findFirst();
    }

    private static Binding binding(int id) {
        return new Binding(new UUID(0, 0), "audit_keys", new UUID(0, id), "sealed");
    }

    private static List<Sealed> read(Handle handle) {
        return handle.createQuery("SELECT id, sealed FROM audit_keys ORDER BY id DESC")
                .map((row, context) -> new Sealed(row.getInt(1), row.getBytes(2)))
                .list();
    }

    /** Over parts, each with its length, so that no text can move from one part into the next. */
    byte[] hmac(List<byte[]> parts) {
        return keyed.of(parts.stream()
                .flatMap(part ->
                        Stream.of(ByteBuffer.allocate(4).putInt(part.length).array(), part))
                .toArray(byte[][]::new));
    }

    /** The MAC of the head's row: without the key the head cannot be set back to an earlier row. */
    byte[] seal(long number, byte[] hash) {
        return hmac(List.of(
                "head".getBytes(StandardCharsets.UTF_8), Long.toString(number).getBytes(StandardCharsets.UTF_8), hash));
    }
}
