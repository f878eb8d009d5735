package dev.latchkey.server.audit;

import java.security.MessageDigest;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** Where the log ends, as the row beside it says. */
record Head(long number, byte[] hash, byte[] seal) {
    private static final String SELECT = "SELECT number, hash, seal FROM audit_head WHERE id = 1";

    static Optional<Head> read(Handle handle) {
        return read(handle, SELECT);
    }

    /** Until the transaction ends nobody else appends. */
    static Optional<Head> locked(Handle handle) {
        return read(handle, SELECT + " FOR UPDATE");
    }

    private static Optional<Head> read(Handle handle, String sql) {
        return handle.createQuery(sql)
                .map((row, context) -> new Head(row.getLong(1), row.getBytes(2), row.getBytes(3)))
                .findOne();
    }

    static void write(Handle handle, long number, byte[] hash, AuditKey key) {
        handle.createUpdate("""
                        INSERT INTO audit_head (id, number, hash, seal) VALUES (1, :number, :hash, :seal)
                        ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash, seal = excluded.seal""")
                .bind("number", number)
                .bind("hash", hash)
                .bind("seal", key.seal(number, hash))
                .execute();
    }

    boolean isSealedBy(AuditKey key) {
        return MessageDigest.isEqual(seal, key.seal(number, hash));
    }
}
