package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.List;

/** Of OAuth 1.0a with tokens that were issued beforehand. */
record OAuth1StaticKind(Auth.OAuth1Static auth) implements Kind {
    static final List<String> PATHS = List.of("/auth/tba/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.OAuth1Static> held() {
        return Credentials.OAuth1Static.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public List<Asked> asked() {
        return List.of(
                new Asked("token_id", "Token ID", true, true), new Asked("token_secret", "Token secret", true, true));
    }

    @Override
    public Credentials entered(InputObject typed) {
        return new Credentials.OAuth1Static(
                new Secret(typed.required("token_id")),
                new Secret(typed.required("token_secret")),
                typed.text("oauth_client_id_override"),
                typed.text("oauth_client_secret_override").map(Secret::new));
    }
}
