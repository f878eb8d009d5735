package dev.latchkey.server.integrations;

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
            WHERE environment_id = ANY (:environments) AND id = ANY (:integrations) ORDER BY id FOR KEY SHARE""";

    private IntegrationFragments() {}

    public static boolean exists(Handle handle, Integration integration) {
        return handle.createQuery(
                        "SELECT EXISTS (SELECT 1 FROM integrations WHERE environment_id = :environment AND id = :id)")
                .bind("environment", integration.environment())
                .bind("id", integration.id())
                .mapTo(Boolean.class)
                .one();
    }
}
