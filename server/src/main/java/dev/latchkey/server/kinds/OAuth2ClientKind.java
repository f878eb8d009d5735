package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.ClientGrant;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenEndpoint;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Of the client credentials grant (RFC 6749 section 4.4). */
record OAuth2ClientKind(Auth.OAuth2Client auth) implements Kind {
    /** Where a response says nothing of the token's lifetime. */
    private static final Duration LIFETIME = Duration.ofMinutes(55);

    static final List<String> PATHS = List.of("/oauth2/auth/");

    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.ClientCredentials> held() {
        return Credentials.ClientCredentials.class;
    }

    @Override
    public List<String> paths() {
        return PATHS;
    }

    @Override
    public List<Asked> asked() {
        return List.of(
                new Asked("client_id", "Client ID", false, true),
                new Asked("client_secret", "Client secret", true, true));
    }

    @Override
    public Credentials entered(InputObject typed) {
        return new Credentials.ClientCredentials(
                new Secret(""),
                Optional.empty(),
                typed.required("client_id"),
                new Secret(typed.required("client_secret")),
                new Credentials.Raw(Json.MAPPER.createObjectNode()));
    }

    /** Of mutual TLS (RFC 8705). */
    @Override
    public List<String> furtherSecrets() {
        return List.of("client_certificate", "client_private_key");
    }

    @Override
    public String refusalCode() {
        return "client_credentials_fetch_error";
    }

    @Override
    public TokenAnswer mint(Makers makers, ValuesOf values) {
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("grant_type", "client_credentials");
        Set<String> scopes = scopes(auth.grant(), values);
        if (!scopes.isEmpty()) {
            parameters.put(
                    auth.grant().scope().param(),
                    String.join(auth.grant().scope().join(), scopes));
        }
        return makers.tokens()
                .ask(
                        auth.grant().exchange(),
                        auth.grant().clientAuth(),
                        parameters,
                        values,
                        new TokenEndpoint.Reading(
                                auth.grant().token(),
                                auth.grant().okWhen(),
                                auth.grant().learn()));
    }

    /** What is requested: the integration's scopes and what was typed, or else the definition's own. */
    private static Set<String> scopes(ClientGrant client, ValuesOf values) {
        List<String> asked = new ArrayList<>(values.integration().scopes());
        Optional.ofNullable(values.config().get("oauth_scopes"))
                .ifPresent(typed -> asked.addAll(Integration.scopes(typed.asString())));
        return client.scope().requested(asked);
    }

    @Override
    public GrantedScopes scopes(Credentials credentials, ValuesOf values) {
        return credentials instanceof Credentials.ClientCredentials made
                ? GrantedScopes.of(
                        auth.grant().scope(),
                        List.copyOf(scopes(auth.grant(), values)),
                        auth.grant().token(),
                        made.raw().json(),
                        false)
                : GrantedScopes.UNKNOWN;
    }

    @Override
    public Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current instanceof Credentials.ClientCredentials old
                ? new Credentials.ClientCredentials(
                        granted.accessToken(),
                        Optional.of(granted.expiresAt().orElseGet(() -> now.plus(LIFETIME))),
                        old.clientId(),
                        old.clientSecret(),
                        granted.raw())
                : current;
    }
}
