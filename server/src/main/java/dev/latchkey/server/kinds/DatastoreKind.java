package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import java.util.List;

/** Of a database. All its fields are typed into the body, or one connection string; it has a route of its own for that. */
record DatastoreKind(Auth.Datastore auth) implements Kind {
    static final List<String> PATHS = List.of("/auth/datastore/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.DatastoreLogin> held() {
        return Credentials.DatastoreLogin.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }
}
