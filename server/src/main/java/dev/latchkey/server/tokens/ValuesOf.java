package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * Where a template's values come from while a connection is made, renewed or used.
 *
 * @param further values of the moment: what a step answered, an assertion, the request that is being made
 */
public record ValuesOf(
        Integration integration,
        JsonNode config,
        Map<String, Secret> secrets,
        Optional<Credentials> credentials,
        Template.Values further)
        implements Template.Values {

    public ValuesOf(
            Integration integration, JsonNode config, Map<String, Secret> secrets, Optional<Credentials> credentials) {
        this(integration, config, secrets, credentials, reference -> Optional.empty());
    }

    /** The same, with more values; those win over what was there of the moment before. */
    public ValuesOf with(Template.Values more) {
        return new ValuesOf(
                integration,
                config,
                secrets,
                credentials,
                reference -> more.get(reference).or(() -> further.get(reference)));
    }

    public ValuesOf with(Credentials now) {
        return new ValuesOf(integration, config, secrets, Optional.of(now), further);
    }

    /** Secrets are among the values. */
    @Override
    public String toString() {
        return "ValuesOf[" + integration.uniqueKey() + "]";
    }

    @Override
    public Optional<String> get(Template.Reference reference) {
        String name = reference.path().isEmpty() ? "" : reference.path().getFirst();
        return switch (reference.root()) {
            case "config" -> JsonPath.parse(String.join(".", reference.path())).textIn(config);
            case "secret", "once" -> secret(name);
            case "app" -> app(name);
            case "token" -> credentials.flatMap(it -> token(it, reference));
            default -> further.get(reference);
        };
    }

    /** What the credentials themselves hold counts as a secret field too: {@code secret.apiKey}. */
    private Optional<String> secret(String name) {
        return Optional.ofNullable(secrets.get(name))
                .map(Secret::reveal)
                .or(() -> credentials.flatMap(it -> switch (it) {
                    case Credentials.ApiKey key ->
                        name.equals("apiKey") ? Optional.of(key.apiKey().reveal()) : Optional.<String>empty();
                    case Credentials.Basic basic ->
                        switch (name) {
                            case "username" -> Optional.of(basic.username());
                            case "password" -> Optional.of(basic.password().reveal());
                            default -> Optional.<String>empty();
                        };
                    case Credentials.OAuth2 oauth2 -> Optional.<String>empty();
                    case Credentials.OAuth2Client client -> Optional.<String>empty();
                    case Credentials.OAuth1 oauth1 -> Optional.<String>empty();
                    case Credentials.None none -> Optional.<String>empty();
                    case Credentials.Datastore datastore -> Optional.<String>empty();
                    case Credentials.OAuth1Static fixed ->
                        switch (name) {
                            case "token_id" -> Optional.of(fixed.tokenId().reveal());
                            case "token_secret" ->
                                Optional.of(fixed.tokenSecret().reveal());
                            default -> Optional.<String>empty();
                        };
                    case Credentials.Signed signed -> Optional.<String>empty();
                    case Credentials.Exchanged exchanged -> Optional.<String>empty();
                    case Credentials.Installation installation -> Optional.<String>empty();
                    case Credentials.AssumedRole role -> Optional.<String>empty();
                    case Credentials.Imported imported ->
                        JsonPath.parse(name).textIn(imported.members().json());
                }));
    }

    private Optional<String> app(String name) {
        return switch (name) {
            case "clientId" -> clientId();
            case "clientSecret" -> clientSecret().map(Secret::reveal);
            case "privateKey" ->
                Optional.ofNullable(integration.secrets().get("private_key")).map(Secret::reveal);
            case "webhookSecret", "signingSecret" ->
                Optional.ofNullable(integration.secrets().get("webhook_secret")).map(Secret::reveal);
            case "name" -> Optional.of(integration.displayName());
            default ->
                Optional.ofNullable(integration.secrets().get(name))
                        .map(Secret::reveal)
                        .or(() -> Optional.ofNullable(integration.settings().get(name)));
        };
    }

    /** The connection's own client where it has one. */
    public Optional<String> clientId() {
        return credentials
                .flatMap(it -> switch (it) {
                    case Credentials.OAuth2 oauth2 -> oauth2.clientId();
                    case Credentials.OAuth2Client client -> Optional.of(client.clientId());
                    case Credentials.OAuth1Static fixed -> fixed.clientId();
                    default -> Optional.<String>empty();
                })
                .or(integration::clientId);
    }

    public Optional<Secret> clientSecret() {
        return credentials
                .flatMap(it -> switch (it) {
                    case Credentials.OAuth2 oauth2 -> oauth2.clientSecret();
                    case Credentials.OAuth2Client client -> Optional.of(client.clientSecret());
                    case Credentials.OAuth1Static fixed -> fixed.clientSecret();
                    default -> Optional.<Secret>empty();
                })
                .or(integration::clientSecret);
    }

    /** With the integration's next client secret, where there is one and it would be used. */
    Optional<ValuesOf> withNextClientSecret() {
        return integration
                .nextClientSecret()
                .filter(next -> clientSecret().equals(integration.clientSecret()))
                .flatMap(next -> integration
                        .clientId()
                        .map(id -> new ValuesOf(
                                integration.withClient(id, Optional.of(next)), config, secrets, credentials)));
    }

    private static Optional<String> token(Credentials credentials, Template.Reference reference) {
        String part = reference.path().getFirst();
        List<String> below = reference.path().subList(1, reference.path().size());
        return switch (credentials) {
            case Credentials.OAuth2 it ->
                token(part, below, Optional.of(it.accessToken()), it.refreshToken(), Optional.of(it.raw()));
            case Credentials.OAuth2Client it ->
                token(part, below, Optional.of(it.token()), Optional.empty(), Optional.of(it.raw()));
            case Credentials.Exchanged it ->
                token(part, below, Optional.of(it.token()), it.refreshToken(), Optional.of(it.raw()));
            case Credentials.Signed it ->
                token(part, below, Optional.of(it.token()), Optional.empty(), Optional.empty());
            case Credentials.Installation it ->
                part.equals("user")
                        ? it.user().flatMap(user -> token(user, new Template.Reference("token", below)))
                        : token(part, below, it.token(), Optional.empty(), Optional.of(it.raw()));
            case Credentials.OAuth1 it ->
                token(part, below, Optional.of(it.token()), Optional.empty(), Optional.of(it.raw()));
            case Credentials.OAuth1Static it -> Optional.empty();
            case Credentials.AssumedRole it -> Optional.empty();
            case Credentials.ApiKey it -> Optional.empty();
            case Credentials.Basic it -> Optional.empty();
            case Credentials.None it -> Optional.empty();
            case Credentials.Datastore it -> Optional.empty();
            case Credentials.Imported it -> Optional.empty();
        };
    }

    private static Optional<String> token(
            String part,
            List<String> below,
            Optional<Secret> access,
            Optional<Secret> refresh,
            Optional<Credentials.Raw> raw) {
        return switch (part) {
            case "access" -> access.map(Secret::reveal);
            case "refresh" -> refresh.map(Secret::reveal);
            case "raw" ->
                raw.flatMap(it -> JsonPath.parse(String.join(".", below)).textIn(it.json()));
            // Of the access token where that is a JWT, else of the ID token beside it.
            case "claim" ->
                access.flatMap(token -> Claims.of(token.reveal()))
                        .or(() -> raw.flatMap(it -> JsonPath.parse("id_token").textIn(it.json()))
                                .flatMap(Claims::of))
                        .flatMap(claims ->
                                JsonPath.parse(String.join(".", below)).textIn(claims));
            default -> Optional.empty();
        };
    }
}
