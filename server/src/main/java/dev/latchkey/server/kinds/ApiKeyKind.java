package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.List;

/** Of an API key. */
record ApiKeyKind(Auth.ApiKey auth) implements Kind {
    static final List<String> PATHS = List.of("/api-auth/api-key/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.Key> held() {
        return Credentials.Key.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public List<Asked> asked() {
        return List.of(new Asked("apiKey", "API key", true, true));
    }

    @Override
    public Credentials entered(InputObject typed) {
        return new Credentials.Key(new Secret(typed.required("apiKey")));
    }
}
