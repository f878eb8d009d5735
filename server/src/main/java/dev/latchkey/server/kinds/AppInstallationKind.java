package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Instant;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Of an installation of an app. */
public record AppInstallationKind(Auth.AppInstallation auth) implements Kind {
    /** Where the raw response carries the user's new token on the way to {@link #renewed}. */
    public static final String USER = "user";

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.Installation> held() {
        return Credentials.Installation.class;
    }

    @Override
    public Optional<Credentials> unminted() {
        return Optional.of(pending());
    }

    /** An installation that has no token yet. */
    public static Credentials.Installation pending() {
        return new Credentials.Installation(
                Optional.empty(),
                Optional.empty(),
                new Credentials.Raw(Json.MAPPER.createObjectNode()),
                Optional.empty());
    }

    /** While it waits for its approval there is nothing to renew. */
    @Override
    public boolean canRefresh(Credentials credentials) {
        return Kind.super.canRefresh(credentials) && !credentials.isUnminted();
    }

    @Override
    public TokenAnswer mint(Makers makers, ValuesOf values) {
        return makers.installations().mint(auth, values);
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.Installation old
                ? new Credentials.Installation(
                        Optional.of(granted.accessToken()), granted.expiresAt(), granted.raw(), old.user())
                : current;
    }

    @Override
    public Credentials renewed(Credentials current, TokenAnswer.Granted granted, Instant now) {
        if (!(current instanceof Credentials.Installation old)) {
            return current;
        }
        ObjectNode raw = granted.raw().json().deepCopy();
        Optional<Credentials.OAuth2> user = old.user();
        if (raw.remove(USER) instanceof ObjectNode token) {
            user = old.user().map(it -> user(it, token));
        }
        return new Credentials.Installation(
                Optional.of(granted.accessToken()), granted.expiresAt(), new Credentials.Raw(raw), user);
    }

    private static Credentials.OAuth2 user(Credentials.OAuth2 old, ObjectNode token) {
        boolean renewed = token.has("access_token");
        return new Credentials.OAuth2(
                renewed ? new Secret(token.get("access_token").asString()) : old.accessToken(),
                Optional.ofNullable(token.get("refresh_token")).map(it -> new Secret(it.asString())),
                renewed
                        ? Optional.ofNullable(token.get("expires_at")).map(at -> Instant.parse(at.asString()))
                        : old.expiresAt(),
                token.get("raw") instanceof ObjectNode raw ? new Credentials.Raw(raw) : old.raw(),
                old.clientId(),
                old.clientSecret());
    }
}
