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
 * The source of a template's values while a connection is created, refreshed or used.
 *
 * @param further temporary values: a step's response, an assertion, the present request
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

    /** The same, with more values, which replace earlier temporary ones. */
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
                .or(() -> credentials.flatMap(it -> it.entered(name)));
    }

    private Optional<String> app(String name) {
        return switch (name) {
            case "clientId" -> clientId();
            case "clientSecret" -> clientSecret().map(Secret::reveal);
            case "privateKey" ->
                Optional.ofNullable(integration.secrets().get("private_key")).map(Secret::reveal);
            case "webhookSecret", "signingSecret" -> integration.webhookSecret().map(Secret::reveal);
            case "name" -> Optional.of(integration.displayName());
            default ->
                Optional.ofNullable(integration.secrets().get(name))
                        .map(Secret::reveal)
                        .or(() -> Optional.ofNullable(integration.settings().get(name)));
        };
    }

    /** The connection's own client, if it has one. */
    public Optional<String> clientId() {
        return credentials.flatMap(Credentials::ownClientId).or(integration::clientId);
    }

    public Optional<Secret> clientSecret() {
        return credentials.flatMap(Credentials::ownClientSecret).or(integration::clientSecret);
    }

    /** With the integration's next client secret, if there is one and it would be used. */
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
        return part.equals("user")
                ? credentials.user().flatMap(user -> token(user, new Template.Reference("token", below)))
                : credentials.tokens().flatMap(it -> token(part, below, it));
    }

    private static Optional<String> token(String part, List<String> below, Credentials.Tokens tokens) {
        return switch (part) {
            case "access" -> tokens.access().map(Secret::reveal);
            case "refresh" -> tokens.refresh().map(Secret::reveal);
            case "raw" ->
                tokens.raw()
                        .flatMap(it -> JsonPath.parse(String.join(".", below)).textIn(it.json()));
            // Of the access token where that is a JWT, else of the ID token beside it.
            case "claim" ->
                tokens.access()
                        .flatMap(token -> Claims.of(token.reveal()))
                        .or(() -> tokens.raw()
                                .flatMap(it -> JsonPath.parse("id_token").textIn(it.json()))
                                .flatMap(Claims::of))
                        .flatMap(claims ->
                                JsonPath.parse(String.join(".", below)).textIn(claims));
            default -> Optional.empty();
        };
    }
}
