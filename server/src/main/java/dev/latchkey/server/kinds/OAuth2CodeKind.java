package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Instant;

/** Of the authorization code grant. */
public record OAuth2CodeKind(Auth.OAuth2Code auth) implements BrowserKind {
    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.OAuth2> held() {
        return Credentials.OAuth2.class;
    }

    @Override
    public TokenAnswer renew(Makers makers, Credentials current, ValuesOf values, Progress progress) {
        return current instanceof Credentials.OAuth2 held
                ? new CodeRefresh(auth.grant(), makers).send(held, values, progress)
                : mint(makers, values);
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.OAuth2 old
                ? CodeRefresh.merged(
                        old, granted, auth.grant().response().token().keepRefresh())
                : current;
    }

    @Override
    public boolean isObsolete(Credentials credentials) {
        return credentials instanceof Credentials.OAuth2 stored && CodeRefresh.isObsolete(auth.grant(), stored);
    }
}
