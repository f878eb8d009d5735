package dev.latchkey.server.connections;

/** Connections in statements of other packages. */
public final class ConnectionFragments {
    /** How many there are of {@code :integration}. */
    public static final String COUNT =
            "SELECT count(*) FROM connections WHERE environment_id = :environment AND integration_id = CAST(:integration AS uuid)";

    /** The ids of those of a whole integration's job {@code refresh_jobs j} that it has not come to. */
    public static final String OF_JOB = """
            SELECT id FROM connections
            WHERE j.connection_ids IS NULL AND environment_id = j.environment_id AND integration_id = j.integration_id
              AND (j.after_id IS NULL OR id > j.after_id)""";

    private ConnectionFragments() {}
}
