package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.TokenShape;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
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
                scopes(auth, before, renewed),
                timetable.renewed(auth, before.upkeep().schedule(), before.credentials(), renewed, askedAt),
                timetable.now());
    }

    private static GrantedScopes scopes(Auth auth, Connection before, Credentials renewed) {
        return switch (renewed) {
            case Credentials.OAuth2 it
            when auth instanceof Auth.OAuth2Code code ->
                before.scopes()
                        .after(
                                code.authorize().scope(),
                                code.token(),
                                it.raw().json(),
                                it.refreshToken().isPresent());
            case Credentials.OAuth2 it ->
                before.scopes()
                        .after(
                                Auth.Scopes.NONE,
                                TokenShape.STANDARD,
                                it.raw().json(),
                                it.refreshToken().isPresent());
            case Credentials.OAuth2Client it
            when auth instanceof Auth.OAuth2Client client ->
                before.scopes().after(client.scope(), client.token(), it.raw().json(), false);
            default -> before.scopes();
        };
    }
}
