package dev.latchkey.server.audit;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;
import java.util.Optional;

/**
 * Which entries of the log are listed. Empty parts do not filter.
 *
 * @param text a part of who, what, or on what
 * @param actorKind member, key, user or system
 * @param environment its name
 */
public record AuditFilter(
        Optional<String> text,
        Optional<String> actorKind,
        Optional<String> environment,
        Optional<Instant> from,
        Optional<Instant> to) {
    public static final AuditFilter ALL =
            new AuditFilter(Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty());

    /** Reads every row of the span in the worst case: the log has no index of words, and is read by few. */
    String where(Map<String, Object> values) {
        StringBuilder where = new StringBuilder();
        text.ifPresent(part -> {
            where.append(" AND (actor ILIKE :part OR action ILIKE :part OR target ILIKE :part OR details ILIKE :part)");
            values.put("part", "%" + part.replaceAll("([\\\\%_])", "\\\\$1") + "%");
        });
        actorKind.ifPresent(kind -> {
            where.append(" AND actor_kind = :kind");
            values.put("kind", kind);
        });
        environment.ifPresent(name -> {
            where.append(" AND environment = :environment");
            values.put("environment", name);
        });
        from.ifPresent(time -> {
            where.append(" AND at >= :from");
            values.put("from", time.atOffset(ZoneOffset.UTC));
        });
        to.ifPresent(time -> {
            where.append(" AND at < :to");
            values.put("to", time.atOffset(ZoneOffset.UTC));
        });
        return where.toString();
    }
}
