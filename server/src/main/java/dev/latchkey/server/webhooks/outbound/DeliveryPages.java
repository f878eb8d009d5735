package dev.latchkey.server.webhooks.outbound;

import dev.latchkey.server.storage.Lane;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.webhooks.outbound.Deliveries.Filter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;

/**
 * The statements of the list of deliveries: those that wait and those that are over, in the order of their ids. The table that grows
 * by each delivery has no index for what a page is filtered by, so a page compares at most {@link #SCANNED} of each with the filter.
 */
public final class DeliveryPages {
    static final int SCANNED = 10_000;

    static final String PENDING = """
            SELECT q.environment_id, q.delivery_id AS id, q.endpoint_id, q.event_id, e.event, e.connection_id, e.integration,
                'pending' AS state, q.attempts, CAST(NULL AS integer) AS status, CAST(NULL AS text) AS error, q.next_attempt_at,
                CAST(NULL AS timestamptz) AS finished_at
            FROM webhook_queue q JOIN webhook_events e ON e.environment_id = q.environment_id AND e.id = q.event_id""";
    static final String OVER = """
            SELECT d.environment_id, d.id, d.endpoint_id, d.event_id, d.event, d.connection_id, d.integration, d.state, d.attempts,
                d.status, d.error, CAST(NULL AS timestamptz) AS next_attempt_at, d.finished_at
            FROM webhook_deliveries d""";

    private DeliveryPages() {}

    /** @param next the delivery before which the next page begins, if there may be one; a page may have fewer than the limit */
    public record Page(List<Delivery> deliveries, Optional<UUID> next) {}

    static Page find(Lane lane, UUID environment, Filter filter) {
        Map<String, Object> values = new LinkedHashMap<>();
        String within = within(filter, values);
        String wanted = wanted(filter, values);
        int most = wanted.isEmpty() ? filter.limit() : SCANNED;
        boolean pending = filter.state().isEmpty() || filter.state().get() == Delivery.State.PENDING;
        boolean over = filter.state().isEmpty() || filter.state().get() != Delivery.State.PENDING;
        List<String> scans = new ArrayList<>();
        if (pending) {
            scans.add(" FROM webhook_queue d WHERE d.environment_id = :environment"
                    + within.replace(" id ", " d.delivery_id ") + " ORDER BY d.delivery_id DESC");
        }
        if (over) {
            String failed = filter.state()
                            .filter(state -> state == Delivery.State.FAILED)
                            .isPresent()
                    ? " AND d.state = 'failed'"
                    : "";
            scans.add(" FROM webhook_deliveries d WHERE d.environment_id = :environment" + failed
                    + within.replace(" id ", " d.id ") + " ORDER BY d.id DESC");
        }
        return lane.withHandle(environment, handle -> {
            Optional<UUID> floor = wanted.isEmpty() ? Optional.empty() : floor(handle, environment, scans, values);
            List<String> parts = new ArrayList<>();
            if (pending) {
                parts.add(
                        PENDING.replace("webhook_queue q", "(SELECT *" + scans.getFirst() + " LIMIT " + most + ") q"));
            }
            if (over) {
                parts.add(
                        OVER.replace("webhook_deliveries d", "(SELECT *" + scans.getLast() + " LIMIT " + most + ") d"));
            }
            List<Delivery> found = Rows.readable(
                    Deliveries.WHAT,
                    bound(
                            handle,
                            "SELECT * FROM ("
                                    + parts.stream()
                                            .map(part -> "(" + part + ")")
                                            .collect(Collectors.joining(" UNION ALL "))
                                    + ") found WHERE true" + wanted + (floor.isPresent() ? " AND id >= :floor" : "")
                                    + " ORDER BY id DESC LIMIT :limit",
                            environment,
                            filter.limit(),
                            values,
                            floor),
                    Deliveries::read);
            return new Page(
                    found,
                    found.size() == filter.limit() ? Optional.of(found.getLast().id()) : floor);
        });
    }

    /** Older ones than this were not compared with the filter. */
    private static Optional<UUID> floor(
            Handle handle, UUID environment, List<String> scans, Map<String, Object> values) {
        return scans.stream()
                .flatMap(scan -> bound(
                        handle,
                        "SELECT " + (scan.contains("webhook_queue") ? "d.delivery_id" : "d.id") + scan
                                + " LIMIT 1 OFFSET " + (SCANNED - 1),
                        environment,
                        1,
                        values,
                        Optional.empty())
                        .mapTo(UUID.class)
                        .findOne()
                        .stream())
                .max((one, other) -> one.toString().compareTo(other.toString()));
    }

    private static Query bound(
            Handle handle, String sql, UUID environment, int limit, Map<String, Object> values, Optional<UUID> floor) {
        return handle.createQuery(sql)
                .configure(SqlStatements.class, all -> all.setUnusedBindingAllowed(true))
                .bind("environment", environment)
                .bind("limit", limit)
                .bind("floor", floor.orElse(null))
                .bindMap(values);
    }

    /** By the order of ids, in which they are read. */
    private static String within(Filter filter, Map<String, Object> values) {
        StringBuilder within = new StringBuilder();
        filter.since().ifPresent(it -> {
            values.put("since", Delivery.firstOf(it));
            within.append(" AND id >= :since");
        });
        filter.until().ifPresent(it -> {
            values.put("until", Delivery.firstOf(it));
            within.append(" AND id < :until");
        });
        filter.before().ifPresent(it -> {
            values.put("before", it);
            within.append(" AND id < :before");
        });
        return within.toString();
    }

    private static String wanted(Filter filter, Map<String, Object> values) {
        StringBuilder wanted = new StringBuilder();
        filter.endpoint().ifPresent(it -> {
            values.put("endpoint", it);
            wanted.append(" AND endpoint_id = :endpoint");
        });
        filter.type().ifPresent(it -> {
            values.put("event", it.title());
            wanted.append(" AND event = :event");
        });
        filter.connection().ifPresent(it -> {
            values.put("connection", it);
            wanted.append(" AND connection_id = :connection");
        });
        filter.integration().ifPresent(it -> {
            values.put("integration", it);
            wanted.append(" AND integration = :integration");
        });
        // Failed ones have an index, and most of the others are delivered.
        filter.state().filter(state -> state == Delivery.State.DELIVERED).ifPresent(it -> {
            values.put("state", it.name().toLowerCase(Locale.ROOT));
            wanted.append(" AND state = :state");
        });
        return wanted.toString();
    }
}
