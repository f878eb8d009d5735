package dev.latchkey.server.oauth;

import dev.latchkey.catalogue.JsonPath;
import dev.latchkey.catalogue.Template;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.vault.Secret;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/** Where a template's values come from while a connection is made, renewed or used. */
public record ValuesOf(
        Integration integration, JsonNode config, Map<String, Secret> secrets, Optional<Credentials> credentials)
        implements Template.Values {

    @Override
    public Optional<String> get(Template.Reference reference) {
        String name = reference.path().isEmpty() ? "" : reference.path().getFirst();
        return switch (reference.root()) {
            case "config" -> JsonPath.parse(String.join(".", reference.path())).textIn(config);
            case "secret", "once" -> secret(name);
            case "app" -> app(name);
            case "token" -> credentials.flatMap(it -> token(it, reference));
            default -> Optional.empty();
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
            default -> Optional.ofNullable(integration.settings().get(name));
        };
    }

    /** The connection's own client where it has one. */
    public Optional<String> clientId() {
        return credentials
                .flatMap(it -> switch (it) {
                    case Credentials.OAuth2 oauth2 -> oauth2.clientId();
                    case Credentials.OAuth2Client client -> Optional.of(client.clientId());
                    default -> Optional.<String>empty();
                })
                .or(integration::clientId);
    }

    public Optional<Secret> clientSecret() {
        return credentials
                .flatMap(it -> switch (it) {
                    case Credentials.OAuth2 oauth2 -> oauth2.clientSecret();
                    case Credentials.OAuth2Client client -> Optional.of(client.clientSecret());
                    default -> Optional.<Secret>empty();
                })
                .or(integration::clientSecret);
    }

    private static Optional<String> token(Credentials credentials, Template.Reference reference) {
        return switch (credentials) {
            case Credentials.OAuth2 oauth2 ->
                switch (reference.path().getFirst()) {
                    case "access" -> Optional.of(oauth2.accessToken().reveal());
                    case "refresh" -> oauth2.refreshToken().map(Secret::reveal);
                    case "raw" ->
                        JsonPath.parse(String.join(
                                        ".",
                                        reference
                                                .path()
                                                .subList(1, reference.path().size())))
                                .textIn(oauth2.raw().json());
                    default -> Optional.empty();
                };
            case Credentials.OAuth2Client client ->
                reference.path().getFirst().equals("access")
                        ? Optional.of(client.token().reveal())
                        : Optional.empty();
            default -> Optional.empty();
        };
    }
}
