package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Of a token that the server signs itself. */
record SignedTokenKind(Auth.SignedToken auth) implements Kind {
    static final List<String> PATHS = List.of("/auth/jwt/", "/auth/signature/", "/auth/signature-based/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.Signed> held() {
        return Credentials.Signed.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public Optional<Credentials> unminted() {
        return Optional.of(new Credentials.Signed(facts().mode(), new Secret(""), Optional.of(Instant.EPOCH)));
    }

    @Override
    public TokenAnswer mint(Makers makers, ValuesOf values) {
        return makers.signed().mint(auth, values);
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.Signed old
                ? new Credentials.Signed(old.type(), granted.accessToken(), granted.expiresAt())
                : current;
    }
}
