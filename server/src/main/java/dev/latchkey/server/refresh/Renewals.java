package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import java.time.Instant;
import java.util.Map;
import tools.jackson.databind.node.ObjectNode;

/** A connection as it is after a refresh: the same for a response just received and for one from the journal. */
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
        return after(auth, timetable, before, renewed, learned, askedAt, timetable.now());
    }

    /** @param at when it counts as updated */
    static Connection after(
            Auth auth,
            Timetable timetable,
            Connection before,
            Credentials renewed,
            Map<String, String> learned,
            Instant askedAt,
            Instant at) {
        ObjectNode config = before.config().deepCopy();
        learned.forEach(config::put);
        return before.renewed(
                renewed,
                config,
                scopes(auth, before, renewed),
                timetable.renewed(auth, before.upkeep().schedule(), before.credentials(), renewed, askedAt),
                at);
    }

    private static GrantedScopes scopes(Auth auth, Connection before, Credentials renewed) {
        AuthFacts facts = auth.facts();
        return renewed.grantResponse()
                .map(raw -> before.scopes()
                        .after(
                                facts.scopes().orElse(Scopes.NONE),
                                facts.token(),
                                raw.json(),
                                renewed.refreshToken().isPresent()))
                .orElse(before.scopes());
    }
}
