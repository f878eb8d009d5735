package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Body;
import dev.latchkey.catalogue.Call;
import dev.latchkey.catalogue.TokenShape;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.oauth.TokenAnswer;
import dev.latchkey.server.oauth.TokenEndpoint;
import dev.latchkey.server.oauth.ValuesOf;
import dev.latchkey.server.vault.Secret;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Asks the vendor for a new credential: the refresh token grant (RFC 6749 section 6), or the first grant again. */
public final class Renewal {
    /** Where a client credentials answer says nothing of its lifetime. */
    private static final Duration CLIENT_TOKEN_LIFETIME = Duration.ofMinutes(55);

    private final TokenEndpoint tokens;
    private final InstantSource clock;

    public Renewal(TokenEndpoint tokens, InstantSource clock) {
        this.tokens = tokens;
        this.clock = clock;
    }

    TokenAnswer ask(Auth auth, Integration integration, Connection connection) {
        ValuesOf values = new ValuesOf(
                integration, connection.config(), connection.secrets(), Optional.of(connection.credentials()));
        return switch (auth) {
            case Auth.OAuth2Code code -> refresh(code, connection, values);
            case Auth.OAuth2Client client -> mint(client, values);
            default -> new TokenAnswer.Misconfigured("not_refreshable", "credentials of this kind are not renewed");
        };
    }

    private TokenAnswer refresh(Auth.OAuth2Code code, Connection connection, ValuesOf values) {
        Credentials.OAuth2 current = (Credentials.OAuth2) connection.credentials();
        Map<String, String> parameters = new LinkedHashMap<>();
        current.refreshToken().ifPresent(token -> {
            parameters.put("grant_type", "refresh_token");
            parameters.put("refresh_token", token.reveal());
        });
        // The exchange's own parameters belong to the code; a definition with others for the refresh says so.
        Call call = code.refresh().orElseGet(() -> withoutParameters(code.exchange()));
        return tokens.ask(
                call,
                code.clientAuth(),
                parameters,
                values,
                new TokenEndpoint.Reading(code.token(), code.okWhen(), code.learn()));
    }

    private static Call withoutParameters(Call exchange) {
        Body body = switch (exchange.body()) {
            case Body.Json json -> new Body.Json(Map.of());
            case Body.Empty empty -> empty;
            case Body.Form form -> new Body.Form(Map.of());
            case Body.Xml xml -> xml;
            case Body.Plain plain -> plain;
        };
        return new Call(exchange.method(), exchange.url(), Map.of(), exchange.headers(), body, exchange.okWhen());
    }

    /** Public, since connecting by client credentials mints its first token the same way. */
    public TokenAnswer mint(Auth.OAuth2Client client, ValuesOf values) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("grant_type", "client_credentials");
        var scopes = new java.util.LinkedHashSet<>(client.scope().defaults());
        scopes.addAll(values.integration().scopes());
        Optional.ofNullable(values.config().get("oauth_scopes"))
                .ifPresent(typed -> scopes.addAll(Integrations.scopes(typed.asString())));
        if (!scopes.isEmpty()) {
            parameters.put(client.scope().param(), String.join(client.scope().join(), scopes));
        }
        TokenShape shape = client.token();
        return tokens.ask(
                client.exchange(),
                client.clientAuth(),
                parameters,
                values,
                new TokenEndpoint.Reading(shape, client.okWhen(), client.learn()));
    }

    /** The connection's new credentials: a missing refresh token keeps the old one. */
    Credentials merge(Auth auth, Credentials current, TokenAnswer.Granted granted) {
        return switch (current) {
            case Credentials.OAuth2 old -> {
                boolean keep =
                        auth instanceof Auth.OAuth2Code code && code.token().keepRefresh();
                Optional<Secret> refreshToken = keep
                        ? old.refreshToken().or(granted::refreshToken)
                        : granted.refreshToken().or(old::refreshToken);
                yield new Credentials.OAuth2(
                        granted.accessToken(),
                        refreshToken,
                        granted.expiresAt(),
                        granted.raw(),
                        old.clientId(),
                        old.clientSecret());
            }
            case Credentials.OAuth2Client old -> client(granted, old.clientId(), old.clientSecret());
            case Credentials.OAuth1 other -> other;
            case Credentials.ApiKey other -> other;
            case Credentials.Basic other -> other;
            case Credentials.None other -> other;
            case Credentials.Imported other -> other;
        };
    }

    public Credentials.OAuth2Client client(TokenAnswer.Granted granted, String clientId, Secret clientSecret) {
        Instant expiresAt = granted.expiresAt().orElseGet(() -> clock.instant().plus(CLIENT_TOKEN_LIFETIME));
        return new Credentials.OAuth2Client(
                granted.accessToken(), Optional.of(expiresAt), clientId, clientSecret, granted.raw());
    }
}
