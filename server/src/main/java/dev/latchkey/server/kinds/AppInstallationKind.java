package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/** Of an installation of an app. */
public record AppInstallationKind(Auth.AppInstallation auth) implements BrowserKind {
    private static final String APP = "APP";
    private static final String WITH_USER = "CUSTOM";

    /** Of the credentials of an integration. */
    static final Set<String> TYPES = Set.of(APP, WITH_USER);

    /** Where the raw response carries the user's new token on the way to {@link #renewed}. */
    private static final String USER = "user";

    /** The members of its credentials that are stored as settings, by the setting's name. */
    static final Map<String, String> SETTINGS = Map.of("id", "app_id", "publicLink", "app_link");

    static AppRegistration registration(String type, InputObject given) {
        Map<String, String> settings = Map.of("id", given.required("app_id"), "publicLink", given.required("app_link"));
        given.required(AppRegistration.PRIVATE_KEY);
        Map<String, Secret> secrets = AppRegistration.privateKey(given);
        if (type.equals(WITH_USER)) {
            String clientId = given.required(AppRegistration.CLIENT_ID);
            secrets.put(AppRegistration.CLIENT_SECRET, new Secret(given.required(AppRegistration.CLIENT_SECRET)));
            return new AppRegistration(Optional.of(clientId), secrets, settings);
        }
        // They are exchanged for the installing user's token, which proves the installation.
        Optional<String> clientId = given.text(AppRegistration.CLIENT_ID);
        Optional<String> secret = given.text(AppRegistration.CLIENT_SECRET);
        if (clientId.isPresent() != secret.isPresent()) {
            given.problem("invalid_type", "'client_id' and 'client_secret' belong together", AppRegistration.CLIENT_ID);
        }
        secret.ifPresent(text -> secrets.put(AppRegistration.CLIENT_SECRET, new Secret(text)));
        return new AppRegistration(clientId, secrets, settings);
    }

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
        return BrowserKind.super.canRefresh(credentials) && !credentials.isUnminted();
    }

    @Override
    public TokenAnswer mint(Makers makers, ValuesOf values) {
        return makers.installations().mint(auth, values);
    }

    /** The user's token is refreshed along with the installation's when it is due; its result does not delay the other. */
    @Override
    public TokenAnswer renew(Makers makers, Credentials current, ValuesOf values, Progress progress) {
        TokenAnswer answer = mint(makers, values);
        if (!(answer instanceof TokenAnswer.Granted granted)
                || current.user().isEmpty()
                || auth.user().isEmpty()) {
            return answer;
        }
        Credentials.OAuth2 user = current.user().get();
        Duration buffer = auth.user().get().expiry().buffer();
        boolean due = user.refreshToken().isPresent()
                && user.expiresAt()
                        .filter(end -> end.minus(buffer).isBefore(makers.clock().instant()))
                        .isPresent();
        if (!due) {
            return answer;
        }
        Progress ofUser = new Progress(part -> progress.part(withUser(granted, user, part)));
        CodeRefresh refresh = new CodeRefresh(auth.user().get(), makers);
        return switch (refresh.send(user, values.with(user), ofUser)) {
            case TokenAnswer.Granted renewed -> {
                progress.received(ofUser.receivedAt());
                yield withUser(granted, user, renewed);
            }
            // Without its refresh token it is not requested again; the user can authorize again.
            case TokenAnswer.Rejected rejected -> {
                ObjectNode raw = granted.raw().json().deepCopy();
                raw.putObject(USER);
                yield with(granted, raw);
            }
            case TokenAnswer.Misconfigured wrong -> granted;
            case TokenAnswer.Unavailable away -> granted;
        };
    }

    private static TokenAnswer.Granted withUser(
            TokenAnswer.Granted granted, Credentials.OAuth2 user, TokenAnswer.Granted renewed) {
        ObjectNode raw = granted.raw().json().deepCopy();
        ObjectNode token = raw.putObject(USER);
        token.put("access_token", renewed.accessToken().reveal());
        renewed.refreshToken().or(user::refreshToken).ifPresent(it -> token.put("refresh_token", it.reveal()));
        renewed.expiresAt().ifPresent(at -> token.put("expires_at", at.toString()));
        token.set("raw", renewed.raw().json());
        return with(granted, raw);
    }

    private static TokenAnswer.Granted with(TokenAnswer.Granted granted, ObjectNode raw) {
        return new TokenAnswer.Granted(
                granted.accessToken(),
                granted.refreshToken(),
                granted.expiresAt(),
                granted.scope(),
                new Credentials.Raw(raw),
                granted.learned());
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
