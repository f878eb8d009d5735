package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import java.time.Instant;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** A connection as it is after a refresh: the same for an answer that has just come and for one out of the journal. */
final class Renewals {
    private Renewals() {}

    /** @param askedAt when the request began */
    static Connection after(
            Auth auth,
            Timetable timetable,
            Connection before,
            Credentials renewed,
            Map<String, String> learned,
            Instant askedAt) {
        ObjectNode config = before.config().deepCopy();
        learned.forEach(config::put);
        return before.renewed(
                renewed,
                config,
                timetable.renewed(auth, before.upkeep().schedule(), before.credentials(), renewed, askedAt),
                timetable.now());
    }
}
