package dev.latchkey.server.audit;

import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;

/**
 * The result of checking the whole log.
 *
 * @param count rows that were read
 * @param head the newest row
 * @param fault the first one; empty: nothing was changed, removed, added or moved
 */
public record AuditVerification(long count, Optional<Anchor> head, Optional<Fault> fault) {
    /** @param number of the row that does not fit, or that is missing */
    public record Fault(long number, String reason) {}

    public boolean intact() {
        return fault.isEmpty();
    }

    static AuditVerification of(Handle handle, AuditKey key, List<Anchor> anchors) {
        Walk walk = new Walk(key, anchors);
        // Before the rows: anything appended during the check lies behind it.
        Optional<ChainHead> head = ChainHead.read(handle);
        head.ifPresent(it -> walk.expect(it.number(), HexFormat.of().formatHex(it.hash())));
        try (var rows = handle
                .createQuery(AuditRow.SELECT + " ORDER BY number")
                .setFetchSize(1_000)
                .map((row, context) -> AuditRow.read(row))
                .stream()) {
            rows.forEach(walk::take);
        }
        walk.end();
        if (head.isEmpty() || !head.get().isSealedBy(key)) {
            walk.fault(
                    walk.number,
                    head.isEmpty()
                            ? "the row that holds the log's end (audit_head) was deleted"
                            : "the row that holds the log's end (audit_head) was changed");
        }
        return new AuditVerification(
                walk.count,
                walk.count == 0 ? Optional.empty() : Optional.of(Anchor.of(walk.number, walk.previous)),
                walk.fault);
    }

    private static final class Walk {
        private final AuditKey key;
        private final TreeMap<Long, String> expected = new TreeMap<>();
        private byte[] previous = AuditRow.BEGINNING;
        private long number;
        private long count;
        private boolean keyed;
        private Optional<Fault> fault = Optional.empty();

        private Walk(AuditKey key, List<Anchor> anchors) {
            this.key = key;
            anchors.forEach(anchor -> expect(anchor.number(), anchor.hash()));
        }

        private void expect(long number, String hash) {
            String known = expected.putIfAbsent(number, hash);
            if (known != null && !known.equals(hash)) {
                fault(number, "two anchors of this row differ");
            }
        }

        private void take(AuditRow row) {
            count++;
            Optional<String> wrong = wrong(row);
            wrong.ifPresent(reason -> fault(row.number(), reason));
            keyed |= row.chain() == AuditRow.KEYED;
            number = row.number();
            previous = row.hash();
        }

        private Optional<String> wrong(AuditRow row) {
            if (row.number() != number + 1) {
                return Optional.of(
                        row.number() == number + 2
                                ? "row " + (number + 1) + " is missing"
                                : "rows " + (number + 1) + " to " + (row.number() - 1) + " are missing");
            }
            if (row.chain() != AuditRow.KEYED && (keyed || row.chain() != AuditRow.UNKEYED)) {
                return Optional.of("it was added without the key");
            }
            if (!MessageDigest.isEqual(row.previous(), previous)) {
                return Optional.of("it does not follow the row before it: one of them was moved, added or taken out");
            }
            if (!MessageDigest.isEqual(row.hash(), row.expected(key))) {
                return Optional.of("it was changed, or added without the key");
            }
            String anchored = expected.get(row.number());
            return anchored != null && !anchored.equals(HexFormat.of().formatHex(row.hash()))
                    ? Optional.of("it is not the row that was anchored")
                    : Optional.empty();
        }

        private void end() {
            if (!expected.isEmpty() && expected.lastKey() > number) {
                fault(number + 1, "the log was cut: it ends at row " + number + ", and had row " + expected.lastKey());
            }
            // Rows of an old version are sealed before anything else is written: a log with only such rows was forged.
            if (count > 0 && !keyed) {
                fault(1, "no row was written with the key");
            }
        }

        private void fault(long number, String reason) {
            if (fault.filter(known -> known.number() <= number).isEmpty()) {
                fault = Optional.of(new Fault(number, reason));
            }
        }
    }
}
