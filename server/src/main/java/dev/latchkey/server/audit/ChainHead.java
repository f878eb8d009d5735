package dev.latchkey.server.audit;

import java.security.MessageDigest;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/** The log's end according to its head row. */
record ChainHead(long number, byte[] hash, byte[] seal) {
    private static final String SELECT = "SELECT number, hash, seal FROM audit_head WHERE id = 1";

    static Optional<ChainHead> read(Handle handle) {
        return read(handle, SELECT);
    }

    /** Until the transaction ends, no other transaction appends. */
    static Optional<ChainHead> locked(Handle handle) {
        return read(handle, SELECT + " FOR UPDATE");
    }

    private static Optional<ChainHead> read(Handle handle, String sql) {
        return handle.createQuery(sql)
                .map((row, context) -> new ChainHead(row.getLong(1), row.getBytes(2), row.getBytes(3)))
                .findOne();
    }

    static ChainHead of(long number, byte[] hash, AuditKey key) {
        return new ChainHead(number, hash, key.seal(number, hash));
    }

    /** The head of a log without rows. */
    static void begin(Handle handle, AuditKey key) {
        ChainHead head = of(0, AuditRow.BEGINNING, key);
        handle.createUpdate("INSERT INTO audit_head (id, number, hash, seal) VALUES (1, :number, :hash, :seal)")
                .bind("number", head.number())
                .bind("hash", head.hash())
                .bind("seal", head.seal())
                .execute();
    }

    boolean isSealedBy(AuditKey key) {
        return MessageDigest.isEqual(seal, key.seal(number, hash));
    }
}
