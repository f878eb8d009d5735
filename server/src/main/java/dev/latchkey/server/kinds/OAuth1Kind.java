package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;

/** Of three-legged OAuth 1.0a. */
record OAuth1Kind(Auth.OAuth1 auth) implements Kind {
    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.OAuth1> held() {
        return Credentials.OAuth1.class;
    }
}
