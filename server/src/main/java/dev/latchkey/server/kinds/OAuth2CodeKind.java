package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import java.time.Instant;
import java.util.Optional;

/** Of the authorization code grant. */
record OAuth2CodeKind(Auth.OAuth2Code auth) implements Kind {
    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.OAuth2> held() {
        return Credentials.OAuth2.class;
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.OAuth2 old
                ? again(old, granted, auth.token().keepRefresh())
                : current;
    }

    /** A missing refresh token keeps the old one; so does a missing access token. */
    static Credentials.OAuth2 again(Credentials.OAuth2 old, TokenAnswer.Granted granted, boolean keepRefreshToken) {
        Optional<Secret> refreshToken = keepRefreshToken
                ? old.refreshToken().or(granted::refreshToken)
                : granted.refreshToken().or(old::refreshToken);
        boolean kept = granted.accessToken().reveal().isEmpty();
        return new Credentials.OAuth2(
                kept ? old.accessToken() : granted.accessToken(),
                refreshToken,
                granted.expiresAt(),
                kept ? old.raw() : granted.raw(),
                old.clientId(),
                old.clientSecret());
    }

    @Override
    public boolean isObsolete(Credentials credentials) {
        return auth.exchangeStored().isPresent()
                && credentials instanceof Credentials.OAuth2 oauth2
                && oauth2.refreshToken().isEmpty();
    }
}
