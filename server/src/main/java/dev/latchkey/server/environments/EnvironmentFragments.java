package dev.latchkey.server.environments;

import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Environments in the transactions and statements of other packages. */
public final class EnvironmentFragments {
    /** Of {@code connections c}, as {@code e}. */
    public static final String OF_CONNECTION = "JOIN environments e ON e.id = c.environment_id";

    /** The one of {@code :environment}, if it exists, as {@code e}. */
    public static final String THIS = "FROM (SELECT id FROM environments WHERE id = :environment) AS e";

    private EnvironmentFragments() {}

    /** Until the transaction ends, no other locks it: one change of what belongs to the environment at a time. */
    public static void lock(Handle handle, UUID environment) {
        handle.createQuery("SELECT id FROM environments WHERE id = :id FOR NO KEY UPDATE")
                .bind("id", environment)
                .mapTo(UUID.class)
                .list();
    }

    public static Optional<String> name(Handle handle, UUID environment) {
        return handle.createQuery("SELECT name FROM environments WHERE id = :id")
                .bind("id", environment)
                .mapTo(String.class)
                .findOne();
    }

    /** How an endpoint gets providers' webhooks that does not say otherwise. Not cached: an endpoint keeps what it was made with. */
    public static Forwarding forwarding(Handle handle, UUID environment) {
        return handle.createQuery("SELECT webhook_forwarding FROM environments WHERE id = :id")
                .bind("id", environment)
                .mapTo(String.class)
                .findOne()
                .flatMap(Forwarding::of)
                .orElse(Forwarding.EVENTS);
    }

    /** In order of creation. */
    public static List<UUID> ids(Handle handle) {
        return handle.createQuery("SELECT id FROM environments ORDER BY id")
                .mapTo(UUID.class)
                .list();
    }
}
