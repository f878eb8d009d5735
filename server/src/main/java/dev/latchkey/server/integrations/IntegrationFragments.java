package dev.latchkey.server.integrations;

import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Integrations in the transactions and statements of other packages. */
public final class IntegrationFragments {
    /** The one of {@code connections c}, as {@code i}. */
    public static final String OF_CONNECTION =
            "JOIN integrations i ON i.environment_id = c.environment_id AND i.id = c.integration_id";

    /** The one of a row that has its keys, as {@code i}. @param row the row's alias */
    public static String of(String row) {
        return "JOIN integrations i ON i.environment_id = %1$s.environment_id AND i.id = %1$s.integration_id"
                .formatted(row);
    }

    /** All, as {@code i}. */
    public static final String ALL = "FROM integrations i";

    /** Those of the parameters, locked until the transaction ends so that none is deleted, in a fixed order. */
    public static final String LOCKED = """
            SELECT environment_id, id AS there FROM integrations
            WHERE environment_id = ANY (:environments) AND id = ANY (:integrations) AND deleting_at IS NULL
            ORDER BY id FOR KEY SHARE""";

    /** Of {@code integrations i}: not being deleted. */
    public static final String STAYS = "i.deleting_at IS NULL";

    private IntegrationFragments() {}

    /** The ids of those of these keys that exist. */
    public static List<UUID> ids(Handle handle, UUID environment, List<String> keys) {
        return handle.createQuery(
                        "SELECT id FROM integrations WHERE environment_id = :environment AND unique_key = ANY (:keys)")
                .bind("environment", environment)
                .bindArray("keys", String.class, keys)
                .mapTo(UUID.class)
                .list();
    }

    public static boolean exists(Handle handle, Integration integration) {
        return handle.createQuery("""
                        SELECT EXISTS (SELECT 1 FROM integrations
                            WHERE environment_id = :environment AND id = :id AND deleting_at IS NULL)""")
                .bind("environment", integration.environment())
                .bind("id", integration.id())
                .mapTo(Boolean.class)
                .one();
    }
}
