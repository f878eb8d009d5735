package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import java.util.List;

/** Of an API that asks for nothing. */
record NoAuthKind(Auth.NoAuth auth) implements Kind {
    static final List<String> PATHS = List.of("/auth/unauthenticated/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.None> held() {
        return Credentials.None.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public Credentials entered(InputObject typed) {
        // Nango does not read this body, and so its callers send anything.
        typed.json().propertyNames().forEach(typed::allow);
        return new Credentials.None();
    }
}
