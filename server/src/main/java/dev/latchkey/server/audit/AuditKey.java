package dev.latchkey.server.audit;

import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jdbi.v3.core.Handle;

/** The key of the log's chain: random, stored only as the vault's ciphertext. Thread-safe. */
final class AuditKey {
    private static final int ID = 1;
    private static final String ALGORITHM = "HmacSHA256";
    private static final Binding BINDING = new Binding(new UUID(0, 0), "audit_keys", new UUID(0, ID), "sealed");

    /** With the key set: a copy of it is cheaper than the search for a provider at each row. */
    private final Mac keyed;

    private AuditKey(byte[] key) {
        try {
            keyed = Mac.getInstance(ALGORITHM);
            keyed.init(new SecretKeySpec(key, ALGORITHM));
        } catch (GeneralSecurityException e) {
            throw new AssertionError("every JDK has " + ALGORITHM, e);
        }
    }

    /** Makes the key where there is none; of two nodes that do so at once, the first wins. */
    static AuditKey open(Database database, Vault vault, SecureRandom random, Instant now) {
        List<byte[]> stored = database.withHandle(AuditKey::read);
        if (stored.isEmpty()) {
            byte[] fresh = new byte[32];
            random.nextBytes(fresh);
            database.withHandle(handle -> handle.createUpdate(
                            "INSERT INTO audit_keys (id, sealed, created_at) VALUES (:id, :sealed, :now) ON CONFLICT DO NOTHING")
                    .bind("id", ID)
                    .bind("sealed", vault.encrypt(BINDING, fresh))
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .execute());
            stored = database.withHandle(AuditKey::read);
        }
        return new AuditKey(vault.decrypt(BINDING, stored.getFirst()));
    }

    private static List<byte[]> read(Handle handle) {
        return handle.createQuery("SELECT sealed FROM audit_keys WHERE id = :id")
                .bind("id", ID)
                .mapTo(byte[].class)
                .list();
    }

    /** Of parts, each with its length, so that no text can slide from one part into the next. */
    byte[] hmac(List<byte[]> parts) {
        try {
            Mac mac = (Mac) keyed.clone();
            for (byte[] part : parts) {
                mac.update(ByteBuffer.allocate(4).putInt(part.length).array());
                mac.update(part);
            }
            return mac.doFinal();
        } catch (CloneNotSupportedException e) {
            throw new AssertionError("the JDK's " + ALGORITHM + " can be copied", e);
        }
    }

    /** What the head's row carries: without the key it cannot be set back to an earlier row by computing. */
    byte[] seal(long number, byte[] hash) {
        return hmac(List.of(
                "head".getBytes(StandardCharsets.UTF_8), Long.toString(number).getBytes(StandardCharsets.UTF_8), hash));
    }
}
