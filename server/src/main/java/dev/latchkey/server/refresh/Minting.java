package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.AssumedRoles;
import dev.latchkey.server.tokens.ExchangeSteps;
import dev.latchkey.server.tokens.Installations;
import dev.latchkey.server.tokens.SelfSigned;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenEndpoint;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Credentials that need no user: made from what a connection or its integration holds, the first time and each time after. */
public final class Minting {
    /** Where a client credentials answer says nothing of its lifetime. */
    private static final Duration CLIENT_TOKEN_LIFETIME = Duration.ofMinutes(55);

    private final TokenEndpoint tokens;
    private final ExchangeSteps exchange;
    private final SelfSigned signed;
    private final Installations installations;
    private final AssumedRoles roles;
    private final InstantSource clock;

    public Minting(
            TokenEndpoint tokens,
            ExchangeSteps exchange,
            SelfSigned signed,
            Installations installations,
            AssumedRoles roles,
            InstantSource clock) {
        this.tokens = tokens;
        this.exchange = exchange;
        this.signed = signed;
        this.installations = installations;
        this.roles = roles;
        this.clock = clock;
    }

    public TokenAnswer mint(Auth auth, ValuesOf values) {
        return switch (auth) {
            case Auth.OAuth2Client client -> client(client, values);
            case Auth.SignedToken token -> signed.mint(token, values);
            case Auth.Exchange it -> exchange.mint(it, values);
            case Auth.AppInstallation app -> installations.mint(app, values);
            case Auth.AwsRole role -> roles.assume(role, values);
            default -> new TokenAnswer.Misconfigured("not_refreshable", "credentials of this kind are not renewed");
        };
    }

    /**
     * Why a credential of this kind must not be made although the vendor makes it: it would be made for anybody.
     *
     * @param values with which it was made
     */
    public Optional<TokenAnswer> forAnybody(Auth auth, ValuesOf values) {
        return auth instanceof Auth.AwsRole role ? Optional.of(roles.assumeForAnybody(role, values)) : Optional.empty();
    }

    /** By the vendor's refresh call where there is one, else as the first time. */
    TokenAnswer again(Auth.Exchange auth, Credentials.Exchanged current, ValuesOf values) {
        return exchange.refresh(auth, current.refreshToken(), values).orElseGet(() -> exchange.mint(auth, values));
    }

    /** RFC 6749 section 4.4. */
    private TokenAnswer client(Auth.OAuth2Client client, ValuesOf values) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("grant_type", "client_credentials");
        Set<String> scopes = scopes(client, values);
        if (!scopes.isEmpty()) {
            parameters.put(client.scope().param(), String.join(client.scope().join(), scopes));
        }
        return tokens.ask(
                client.exchange(),
                client.clientAuth(),
                parameters,
                values,
                new TokenEndpoint.Reading(client.token(), client.okWhen(), client.learn()));
    }

    /** What is asked for: the definition's own, the integration's, and what was typed. */
    public static Set<String> scopes(Auth.OAuth2Client client, ValuesOf values) {
        Set<String> scopes = new LinkedHashSet<>(client.scope().defaults());
        scopes.addAll(values.integration().scopes());
        Optional.ofNullable(values.config().get("oauth_scopes"))
                .ifPresent(typed -> scopes.addAll(Integrations.scopes(typed.asString())));
        return scopes;
    }

    /** What a connection holds before its first token is made; due at once. Empty for kinds that are not minted from fields alone. */
    public static Optional<Credentials> unminted(Auth auth) {
        Optional<Instant> due = Optional.of(Instant.EPOCH);
        return switch (auth) {
            case Auth.SignedToken it ->
                Optional.of(new Credentials.Signed(
                        it.algorithm().equals("WSSE") ? "SIGNATURE" : "JWT", new Secret(""), due));
            case Auth.Exchange it ->
                Optional.of(new Credentials.Exchanged(
                        it.mode().orElse("TWO_STEP"), new Secret(""), Optional.empty(), due, nothing()));
            case Auth.AppInstallation it ->
                Optional.of(
                        new Credentials.Installation(Optional.empty(), Optional.empty(), nothing(), Optional.empty()));
            case Auth.AwsRole it -> Optional.of(new Credentials.AssumedRole("", new Secret(""), new Secret(""), due));
            default -> Optional.empty();
        };
    }

    private static Credentials.Raw nothing() {
        return new Credentials.Raw(Json.MAPPER.createObjectNode());
    }

    /** What was minted, in place of what was held. */
    public Credentials minted(Credentials current, TokenAnswer.Granted granted) {
        return switch (current) {
            case Credentials.OAuth2Client old ->
                new Credentials.OAuth2Client(
                        granted.accessToken(),
                        Optional.of(granted.expiresAt()
                                .orElseGet(() -> clock.instant().plus(CLIENT_TOKEN_LIFETIME))),
                        old.clientId(),
                        old.clientSecret(),
                        granted.raw());
            case Credentials.Signed old ->
                new Credentials.Signed(old.type(), granted.accessToken(), granted.expiresAt());
            case Credentials.Exchanged old ->
                new Credentials.Exchanged(
                        old.type(),
                        granted.accessToken().reveal().isEmpty() ? old.token() : granted.accessToken(),
                        granted.refreshToken().or(old::refreshToken),
                        granted.expiresAt(),
                        granted.raw());
            case Credentials.Installation old ->
                new Credentials.Installation(
                        Optional.of(granted.accessToken()), granted.expiresAt(), granted.raw(), old.user());
            case Credentials.AssumedRole old ->
                new Credentials.AssumedRole(
                        granted.raw().json().path("AccessKeyId").asString(""),
                        new Secret(granted.raw().json().path("SecretAccessKey").asString("")),
                        new Secret(granted.raw().json().path("SessionToken").asString("")),
                        granted.expiresAt());
            case Credentials.OAuth2 other -> other;
            case Credentials.OAuth1 other -> other;
            case Credentials.OAuth1Static other -> other;
            case Credentials.ApiKey other -> other;
            case Credentials.Basic other -> other;
            case Credentials.None other -> other;
            case Credentials.Datastore other -> other;
            case Credentials.Imported other -> other;
        };
    }
}
