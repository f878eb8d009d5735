package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;

/** Of three-legged OAuth 1.0a. */
public record OAuth1Kind(Auth.OAuth1 auth) implements BrowserKind {
    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.OAuth1Token> held() {
        return Credentials.OAuth1Token.class;
    }
}
