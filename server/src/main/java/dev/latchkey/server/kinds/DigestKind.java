package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.List;

/** Of HTTP Digest. */
record DigestKind(Auth.Digest auth) implements Kind {
    static final List<String> PATHS = List.of("/auth/digest/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.Digest> held() {
        return Credentials.Digest.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public List<Asked> asked() {
        return List.of(new Asked("username", "User name", false, true), new Asked("password", "Password", true, true));
    }

    @Override
    public Credentials entered(InputObject typed) {
        return new Credentials.Digest(typed.required("username"), new Secret(typed.required("password")));
    }
}
