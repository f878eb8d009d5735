package dev.latchkey.server.operations;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * A table that grows by time, cut into days or months. The present part and the next are there before a row needs them, since what
 * falls into the default partition cannot be dropped; old parts go as a whole.
 *
 * @param kept how many parts before the present one stay
 */
record PartitionedTable(String name, Unit unit, int kept) {
    enum Unit {
        DAY("yyyyMMdd"),
        MONTH("yyyyMM");

        private final DateTimeFormatter suffix;

        Unit(String pattern) {
            suffix = DateTimeFormatter.ofPattern(pattern);
        }

        private LocalDate begin(LocalDate day) {
            return this == DAY ? day : day.withDayOfMonth(1);
        }

        private LocalDate plus(LocalDate begin, int count) {
            return this == DAY ? begin.plusDays(count) : begin.plusMonths(count);
        }
    }

    void keep(Handle handle, LocalDate today) {
        LocalDate current = unit.begin(today);
        List<String> there =
                handle.createQuery("""
                        SELECT child.relname FROM pg_inherits
                        JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
                        WHERE parent.relname = :parent""").bind("parent", name).mapTo(String.class).list();
        for (LocalDate begin : List.of(current, unit.plus(current, 1))) {
            String part = part(begin);
            if (!there.contains(part)) {
                handle.execute("CREATE TABLE " + part + " PARTITION OF " + name + " FOR VALUES FROM ('" + begin
                        + " 00:00:00+00') TO ('" + unit.plus(begin, 1) + " 00:00:00+00')");
            }
        }
        String oldest = part(unit.plus(current, -kept));
        there.stream()
                .filter(part -> part.matches(name + "_\\d+") && part.compareTo(oldest) < 0)
                .forEach(part -> handle.execute("DROP TABLE " + part));
    }

    private String part(LocalDate begin) {
        return name + "_" + unit.suffix.format(begin);
    }
}
