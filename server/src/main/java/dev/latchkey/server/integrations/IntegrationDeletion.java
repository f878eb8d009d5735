package dev.latchkey.server.integrations;

import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;

/** The statements that delete an integration: its row is marked first and deleted last. */
final class IntegrationDeletion {
    private IntegrationDeletion() {}

    static int begin(Handle handle, Integration integration, Instant now) {
        return handle.createUpdate("""
                        UPDATE integrations SET deleting_at = :now
                        WHERE environment_id = :environment AND id = :id AND deleting_at IS NULL""")
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("environment", integration.environment())
                .bind("id", integration.id())
                .execute();
    }

    static List<Integration> begun(Handle handle, IntegrationRows rows) {
        return handle.createQuery("SELECT " + IntegrationRows.COLUMNS
                        + " FROM integrations WHERE deleting_at IS NOT NULL LIMIT 100")
                .map(rows::partly)
                .list();
    }

    /** The row is locked before the question is asked, so that no connection can be added in between. @return the rows deleted */
    static int end(Handle handle, Integration integration, Predicate<Handle> used) {
        handle.createQuery("SELECT 1 FROM integrations WHERE environment_id = :environment AND id = :id FOR UPDATE")
                .bind("environment", integration.environment())
                .bind("id", integration.id())
                .mapTo(Integer.class)
                .findOne();
        return used.test(handle)
                ? 0
                : handle.createUpdate("DELETE FROM integrations WHERE environment_id = :environment AND id = :id")
                        .bind("environment", integration.environment())
                        .bind("id", integration.id())
                        .execute();
    }
}
