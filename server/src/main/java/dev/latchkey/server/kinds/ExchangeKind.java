package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Of secrets that are exchanged for a token. */
record ExchangeKind(Auth.Exchange auth) implements Kind {
    static final List<String> PATHS = List.of("/auth/two-step/", "/auth/bill/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.Exchanged> held() {
        return Credentials.Exchanged.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public Optional<Credentials> unminted() {
        return Optional.of(new Credentials.Exchanged(
                facts().mode(),
                new Secret(""),
                Optional.empty(),
                Optional.of(Instant.EPOCH),
                new Credentials.Raw(Json.MAPPER.createObjectNode())));
    }

    @Override
    public String refusalCode() {
        return facts().mode().equals("BILL") ? "bill_tokens_fetch_error" : "two_step_credentials_fetch_error";
    }

    @Override
    public TokenAnswer mint(Makers makers, ValuesOf values) {
        return makers.exchange().mint(auth, values);
    }

    /** By the vendor's refresh call if there is one, otherwise as the first time. */
    @Override
    public TokenAnswer renew(Makers makers, Credentials current, ValuesOf values, Progress progress) {
        Optional<TokenAnswer> refreshed = current instanceof Credentials.Exchanged
                ? makers.exchange().refresh(auth, current.refreshToken(), values)
                : Optional.empty();
        return refreshed.orElseGet(() -> mint(makers, values));
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.Exchanged old
                ? new Credentials.Exchanged(
                        old.type(),
                        granted.accessToken().reveal().isEmpty() ? old.token() : granted.accessToken(),
                        granted.refreshToken().or(old::refreshToken),
                        granted.expiresAt(),
                        granted.raw())
                : current;
    }
}
