package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.List;

/** Of HTTP Basic. */
record BasicKind(Auth.Basic auth) implements Kind {
    static final List<String> PATHS = List.of("/api-auth/basic/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.UserPassword> held() {
        return Credentials.UserPassword.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public List<Asked> asked() {
        return List.of(new Asked("username", "User name", false, true), new Asked("password", "Password", true, false));
    }

    @Override
    public Credentials entered(InputObject typed) {
        return new Credentials.UserPassword(
                typed.present("username"), new Secret(typed.text("password").orElse("")));
    }
}
