package dev.latchkey.server.storage;

import java.util.Optional;

/**
 * The ways to one database.
 *
 * @param queries where the pool's connections lead
 * @param past the database itself, if {@code queries} leads to a pooler that lends its connections for one transaction: what lasts longer
 *     (LISTEN, session locks, settings of a session, prepared statements) works only there
 */
public record DatabaseAddresses(DatabaseAddress queries, Optional<DatabaseAddress> past) {
    public static DatabaseAddresses of(DatabaseAddress only) {
        return new DatabaseAddresses(only, Optional.empty());
    }

    /** For what needs a session of its own. */
    public DatabaseAddress direct() {
        return past.orElse(queries);
    }

    boolean arePooled() {
        return past.isPresent();
    }
}
