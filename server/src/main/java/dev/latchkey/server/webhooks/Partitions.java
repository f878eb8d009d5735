package dev.latchkey.server.webhooks;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import org.jdbi.v3.core.Handle;

/** The days of a table whose ids carry the time: made ahead, and dropped whole when they are too old. */
final class Partitions {
    /** Longer than a delivery is tried, so that what was given up can be replayed. */
    static final Duration KEPT = Duration.ofDays(14);

    private static final int DAYS_AHEAD = 3;
    private static final DateTimeFormatter SUFFIX = DateTimeFormatter.BASIC_ISO_DATE;

    private Partitions() {}

    /** In a transaction that no other node runs at the same time. */
    static void keep(Handle handle, String table, Instant now) {
        LocalDate today = LocalDate.ofInstant(now, ZoneOffset.UTC);
        List<String> there =
                handle.createQuery("""
                        SELECT child.relname FROM pg_inherits
                        JOIN pg_class child ON child.oid = inhrelid JOIN pg_class parent ON parent.oid = inhparent
                        WHERE parent.relname = :table""").bind("table", table).mapTo(String.class).list();
        for (LocalDate day = today; day.isBefore(today.plusDays(DAYS_AHEAD)); day = day.plusDays(1)) {
            String name = table + "_" + SUFFIX.format(day);
            if (!there.contains(name)) {
                handle.execute("CREATE TABLE " + name + " PARTITION OF " + table + " FOR VALUES FROM ('" + first(day)
                        + "') TO ('" + first(day.plusDays(1)) + "')");
            }
        }
        String oldest = table + "_" + SUFFIX.format(today.minusDays(KEPT.toDays()));
        there.stream()
                .filter(name -> name.matches(table + "_\\d{8}") && name.compareTo(oldest) < 0)
                .forEach(name -> handle.execute("DROP TABLE " + name));
    }

    private static String first(LocalDate day) {
        return Delivery.firstOf(day.atStartOfDay(ZoneOffset.UTC).toInstant()).toString();
    }
}
