package dev.latchkey.server.integrations;

import dev.latchkey.server.storage.Columns;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** The columns that say since when a vendor refuses an integration's client, and who probes it next. */
public final class BrokenMark {
    private static final String PROBED_AT_ONCE = " probe_at = :now, broken_probes = 0, broken_by = NULL ";

    private BrokenMark() {}

    /** @param by the connection whose refresh showed it; empty once the settings that may be wrong have changed: then none is blamed */
    public record Marked(OffsetDateTime since, Optional<UUID> by, boolean changed) {}

    /** @return false: it was marked already */
    public static boolean set(
            Handle handle, UUID environment, UUID integration, UUID by, String reason, Instant now, Instant probe) {
        return handle.createUpdate("""
                        UPDATE integrations SET broken_since = :now, broken_reason = :reason, broken_by = :connection, broken_probes = 0,
                            probe_at = :probe
                        WHERE environment_id = :environment AND id = :id AND broken_since IS NULL""")
                        .bind("now", Columns.time(Optional.of(now)))
                        .bind("reason", reason)
                        .bind("connection", by)
                        .bind("probe", Columns.time(Optional.of(probe)))
                        .bind("environment", environment)
                        .bind("id", integration)
                        .execute()
                == 1;
    }

    /** Locked until the transaction ends. */
    public static Optional<Marked> locked(Handle handle, UUID environment, UUID integration) {
        return handle.createQuery("""
                        SELECT broken_since, broken_by, updated_at > broken_since AS changed FROM integrations
                        WHERE environment_id = :environment AND id = :id AND broken_since IS NOT NULL FOR UPDATE""")
                .bind("environment", environment)
                .bind("id", integration)
                .map((row, context) -> new Marked(
                        row.getObject("broken_since", OffsetDateTime.class),
                        Optional.ofNullable(row.getObject("broken_by", UUID.class)),
                        row.getBoolean("changed")))
                .findOne();
    }

    public static void clear(Handle handle, UUID environment, UUID integration) {
        handle.createUpdate("""
                        UPDATE integrations SET broken_since = NULL, broken_reason = NULL, broken_by = NULL, broken_probes = 0, probe_at = NULL
                        WHERE environment_id = :environment AND id = :id""")
                .bind("environment", environment)
                .bind("id", integration)
                .execute();
    }

    /** How many probes there were, if the next one is due. */
    public static Optional<Integer> probesDue(Handle handle, UUID environment, UUID integration, Instant now) {
        return handle.createQuery(
                        "SELECT broken_probes FROM integrations WHERE environment_id = :environment AND id = :id AND probe_at <= :now")
                .bind("environment", environment)
                .bind("id", integration)
                .bind("now", Columns.time(Optional.of(now)))
                .mapTo(Integer.class)
                .findOne();
    }

    /** @return false: another node was first */
    public static boolean takeProbe(
            Handle handle, UUID environment, UUID integration, int probes, Instant now, Instant next) {
        return handle.createUpdate("""
                        UPDATE integrations SET broken_probes = broken_probes + 1, probe_at = :next
                        WHERE environment_id = :environment AND id = :id AND broken_probes = :probes AND probe_at <= :now""")
                        .bind("environment", environment)
                        .bind("id", integration)
                        .bind("probes", probes)
                        .bind("now", Columns.time(Optional.of(now)))
                        .bind("next", Columns.time(Optional.of(next)))
                        .execute()
                == 1;
    }

    public static int returnProbe(Handle handle, UUID environment, UUID integration, Instant soon) {
        return handle.createUpdate("""
                        UPDATE integrations SET broken_probes = greatest(0, broken_probes - 1), probe_at = :soon
                        WHERE environment_id = :environment AND id = :id AND broken_since IS NOT NULL AND probe_at > :soon""")
                .bind("environment", environment)
                .bind("id", integration)
                .bind("soon", Columns.time(Optional.of(soon)))
                .execute();
    }

    /** Every marked integration is due for a probe. */
    public static void probeAll(Handle handle, Instant now) {
        handle.createUpdate("UPDATE integrations SET" + PROBED_AT_ONCE + "WHERE broken_since IS NOT NULL")
                .bind("now", Columns.time(Optional.of(now)))
                .execute();
    }

    /** @return false: it is not marked */
    public static boolean probe(Handle handle, UUID environment, UUID integration, Instant now) {
        return handle.createUpdate("UPDATE integrations SET" + PROBED_AT_ONCE + """
                         WHERE environment_id = :environment AND id = :id AND broken_since IS NOT NULL""")
                        .bind("now", Columns.time(Optional.of(now)))
                        .bind("environment", environment)
                        .bind("id", integration)
                        .execute()
                == 1;
    }
}
