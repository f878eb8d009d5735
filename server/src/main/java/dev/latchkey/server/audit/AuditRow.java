package dev.latchkey.server.audit;

import dev.latchkey.catalogue.keys.HashFunction;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A row of the log, as it is stored.
 *
 * @param chain 1: hashed without a key, by versions until November 2026; 2: by {@link AuditKey}
 * @param details JSON as it was hashed
 */
record AuditRow(
        long number,
        Instant at,
        StoredActor who,
        String action,
        Optional<String> environment,
        Optional<String> target,
        String details,
        int chain,
        byte[] previous,
        byte[] hash) {
    static final int UNKEYED = 1;
    static final int KEYED = 2;
    static final byte[] BEGINNING = new byte[32];

    static final String SELECT =
            "SELECT number, at, actor, actor_kind, actor_id, address, action, environment, target, details, chain, previous, hash FROM audit_log";

    static AuditRow read(ResultSet row) throws SQLException {
        return new AuditRow(
                row.getLong("number"),
                row.getObject("at", OffsetDateTime.class).toInstant(),
                new StoredActor(
                        row.getString("actor"),
                        row.getString("actor_kind"),
                        Optional.ofNullable(row.getString("actor_id")),
                        Optional.ofNullable(row.getString("address"))),
                row.getString("action"),
                Optional.ofNullable(row.getString("environment")),
                Optional.ofNullable(row.getString("target")),
                row.getString("details"),
                row.getInt("chain"),
                row.getBytes("previous"),
                row.getBytes("hash"));
    }

    AuditRow hashed(AuditKey key) {
        return new AuditRow(number, at, who, action, environment, target, details, chain, previous, expected(key));
    }

    byte[] expected(AuditKey key) {
        return chain == UNKEYED ? withoutKey() : key.hmac(parts());
    }

    private List<byte[]> parts() {
        List<byte[]> parts = new ArrayList<>(List.of(previous));
        for (String part : List.of(
                Integer.toString(chain),
                Long.toString(number),
                at.toString(),
                who.name(),
                who.kind(),
                who.id().orElse(""),
                who.address().orElse(""),
                action,
                environment.orElse(""),
                target.orElse(""),
                details)) {
            parts.add(part.getBytes(StandardCharsets.UTF_8));
        }
        return parts;
    }

    private byte[] withoutKey() {
        List<byte[]> parts = new ArrayList<>();
        parts.add(previous);
        for (String part : List.of(
                Long.toString(number),
                at.toString(),
                who.name(),
                action,
                environment.orElse(""),
                target.orElse(""),
                details)) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            parts.add(ByteBuffer.allocate(4).putInt(bytes.length).array());
            parts.add(bytes);
        }
        return HashFunction.SHA_256.digest(parts.toArray(byte[][]::new));
    }
}
