package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.secrets.Secret;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Of OAuth 1.0a with tokens that were issued beforehand. */
record OAuth1StaticKind(Auth.OAuth1Static auth) implements Kind {
    private static final String CONSUMER_KEY = "consumer_key";
    private static final String CONSUMER_SECRET = "consumer_secret";
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
        List<Asked> token = List.of(
                new Asked("token_id", "Token ID", true, true), new Asked("token_secret", "Token secret", true, true));
        return switch (auth.consumer()) {
            case INTEGRATION -> token;
            case CONNECTION ->
                Stream.concat(
                                Stream.of(
                                        new Asked(CONSUMER_KEY, "Consumer key", true, true),
                                        new Asked(CONSUMER_SECRET, "Consumer secret", true, true)),
                                token.stream())
                        .toList();
        };
    }

    @Override
    public Credentials entered(InputObject typed) {
        Secret id = new Secret(typed.required("token_id"));
        Secret secret = new Secret(typed.required("token_secret"));
        return switch (auth.consumer()) {
            case INTEGRATION ->
                new Credentials.OAuth1Static(
                        id,
                        secret,
                        typed.text("oauth_client_id_override"),
                        typed.text("oauth_client_secret_override").map(Secret::new));
            case CONNECTION ->
                new Credentials.OAuth1Static(
                        id,
                        secret,
                        Optional.of(typed.required(CONSUMER_KEY)),
                        Optional.of(new Secret(typed.required(CONSUMER_SECRET))));
        };
    }
}
