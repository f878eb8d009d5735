package dev.latchkey.server.connections;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.secrets.Secret;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * A connection's credentials, by kind. No {@code toString} shows a secret. The file is long because a sealed choice is read as one: what
 * each of the thirteen variants holds, and which questions it answers otherwise than by default.
 */
public sealed interface Credentials {
    /** When it expires, if known. */
    default Optional<Instant> expiry() {
        return Optional.empty();
    }

    /** The token that a refresh uses up: present where losing a response would lose the connection. */
    default Optional<Secret> refreshToken() {
        return Optional.empty();
    }

    /** Whether a first token is still to be made. */
    default boolean isUnminted() {
        return false;
    }

    /** Present where the client that the vendor sees is the connection's own, and not the integration's. */
    default Optional<String> ownClientId() {
        return Optional.empty();
    }

    default Optional<Secret> ownClientSecret() {
        return Optional.empty();
    }

    /** What of it counts as a secret field of the definition ({@code ${secret.apiKey}}). */
    default Optional<String> entered(String name) {
        return Optional.empty();
    }

    /** What of it a definition can name ({@code ${token.access}}). */
    default Optional<Tokens> tokens() {
        return Optional.empty();
    }

    /** The token of the user who installed an app, beside the app's own. */
    default Optional<OAuth2> user() {
        return Optional.empty();
    }

    /** The token that calls are signed with (RFC 5849). */
    default Optional<SigningToken> signingToken() {
        return Optional.empty();
    }

    /** What answers a server's challenges (RFC 7616). */
    default Optional<Digest> challenged() {
        return Optional.empty();
    }

    /** The temporary keys that calls are signed with (AWS Signature Version 4). */
    default Optional<AssumedRole> assumedRole() {
        return Optional.empty();
    }

    /** Where and as which user a database is opened. */
    default Optional<DatastoreAddress> datastore() {
        return Optional.empty();
    }

    /** What is sent as a bearer token (RFC 6750). @param placed whether the definition itself puts the token somewhere */
    default Optional<Secret> bearer(boolean placed) {
        return Optional.empty();
    }

    /** The response that says which scopes were granted, of kinds that have scopes. */
    default Optional<Raw> grantResponse() {
        return Optional.empty();
    }

    /** The fields of the definition that an import of it brings by itself; empty: they stand beside it. */
    default Optional<Map<String, String>> ownFields(Provider provider) {
        return Optional.empty();
    }

    /** How it is written as JSON. */
    CredentialForm<?> form();

    /** The form of each variant: what is read by its type is looked for here. */
    List<CredentialForm<?>> FORMS = List.of(
            new OAuth2Form(),
            new ClientCredentialsForm(),
            new OAuth1TokenForm(),
            new OAuth1StaticForm(),
            new KeyForm(),
            new UserPasswordForm(),
            new DigestForm(),
            new NoneForm(),
            new DatastoreLoginForm(),
            new SignedForm(),
            new ExchangedForm(),
            new InstallationForm(),
            new AssumedRoleForm());

    record SigningToken(String token, Secret secret) {}

    /** @param access, refresh, raw what {@code ${token.access}}, {@code refresh} and {@code raw} stand for */
    record Tokens(Optional<Secret> access, Optional<Secret> refresh, Optional<Raw> raw) {}

    /**
     * @param raw the token response (secret: never logged)
     * @param clientId, clientSecret override the integration's for this connection
     */
    record OAuth2(
            Secret accessToken,
            Optional<Secret> refreshToken,
            Optional<Instant> expiresAt,
            Raw raw,
            Optional<String> clientId,
            Optional<Secret> clientSecret)
            implements Credentials {
        @Override
        public CredentialForm<OAuth2> form() {
            return new OAuth2Form();
        }

        @Override
        public Optional<String> ownClientId() {
            return clientId;
        }

        @Override
        public Optional<Secret> ownClientSecret() {
            return clientSecret;
        }

        @Override
        public Optional<Tokens> tokens() {
            return Optional.of(new Tokens(Optional.of(accessToken), refreshToken, Optional.of(raw)));
        }

        @Override
        public Optional<Secret> bearer(boolean placed) {
            return Optional.of(accessToken);
        }

        @Override
        public Optional<Raw> grantResponse() {
            return Optional.of(raw);
        }

        @Override
        public Optional<Map<String, String>> ownFields(Provider provider) {
            return Optional.of(Map.of());
        }

        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    record ClientCredentials(Secret token, Optional<Instant> expiresAt, String clientId, Secret clientSecret, Raw raw)
            implements Credentials {
        @Override
        public CredentialForm<ClientCredentials> form() {
            return new ClientCredentialsForm();
        }

        @Override
        public Optional<String> ownClientId() {
            return Optional.of(clientId);
        }

        @Override
        public Optional<Secret> ownClientSecret() {
            return Optional.of(clientSecret);
        }

        /** Imported without one. */
        @Override
        public boolean isUnminted() {
            return token.reveal().isEmpty();
        }

        @Override
        public Optional<Tokens> tokens() {
            return Optional.of(new Tokens(Optional.of(token), Optional.empty(), Optional.of(raw)));
        }

        @Override
        public Optional<Secret> bearer(boolean placed) {
            return Optional.of(token);
        }

        @Override
        public Optional<Raw> grantResponse() {
            return Optional.of(raw);
        }

        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    record OAuth1Token(Secret token, Secret tokenSecret, Raw raw) implements Credentials {
        @Override
        public Optional<SigningToken> signingToken() {
            return Optional.of(new SigningToken(token.reveal(), tokenSecret));
        }

        @Override
        public CredentialForm<OAuth1Token> form() {
            return new OAuth1TokenForm();
        }

        @Override
        public Optional<Tokens> tokens() {
            return Optional.of(new Tokens(Optional.of(token), Optional.empty(), Optional.of(raw)));
        }

        @Override
        public Optional<Map<String, String>> ownFields(Provider provider) {
            return Optional.of(Map.of());
        }
    }

    record Key(Secret apiKey) implements Credentials {
        @Override
        public CredentialForm<Key> form() {
            return new KeyForm();
        }

        @Override
        public Optional<String> entered(String name) {
            return name.equals("apiKey") ? Optional.of(apiKey.reveal()) : Optional.empty();
        }
    }

    record UserPassword(String username, Secret password) implements Credentials {
        @Override
        public CredentialForm<UserPassword> form() {
            return new UserPasswordForm();
        }

        @Override
        public Optional<String> entered(String name) {
            return switch (name) {
                case "username" -> Optional.of(username);
                case "password" -> Optional.of(password.reveal());
                default -> Optional.empty();
            };
        }
    }

    /** A user name and a password that are never sent: calls answer challenges. */
    record Digest(String username, Secret password) implements Credentials {
        @Override
        public CredentialForm<Digest> form() {
            return new DigestForm();
        }

        @Override
        public Optional<String> entered(String name) {
            return switch (name) {
                case "username" -> Optional.of(username);
                case "password" -> Optional.of(password.reveal());
                default -> Optional.empty();
            };
        }

        @Override
        public Optional<Digest> challenged() {
            return Optional.of(this);
        }
    }

    record None() implements Credentials {
        @Override
        public CredentialForm<None> form() {
            return new NoneForm();
        }
    }

    /** A database's address and login. */
    record DatastoreLogin(DatastoreAddress address) implements Credentials {
        @Override
        public CredentialForm<DatastoreLogin> form() {
            return new DatastoreLoginForm();
        }

        @Override
        public Optional<Map<String, String>> ownFields(Provider provider) {
            return Optional.of(DatastoreFields.open(provider, address));
        }

        @Override
        public Optional<DatastoreAddress> datastore() {
            return Optional.of(address);
        }
    }

    /**
     * An OAuth 1.0a token that was issued beforehand; each call is signed with it.
     *
     * @param clientId, clientSecret override the integration's for this connection
     */
    record OAuth1Static(Secret tokenId, Secret tokenSecret, Optional<String> clientId, Optional<Secret> clientSecret)
            implements Credentials {
        @Override
        public Optional<SigningToken> signingToken() {
            return Optional.of(new SigningToken(tokenId.reveal(), tokenSecret));
        }

        @Override
        public CredentialForm<OAuth1Static> form() {
            return new OAuth1StaticForm();
        }

        @Override
        public Optional<String> ownClientId() {
            return clientId;
        }

        @Override
        public Optional<Secret> ownClientSecret() {
            return clientSecret;
        }

        @Override
        public Optional<String> entered(String name) {
            return switch (name) {
                case "token_id" -> Optional.of(tokenId.reveal());
                case "token_secret" -> Optional.of(tokenSecret.reveal());
                case "consumer_key" -> clientId;
                case "consumer_secret" -> clientSecret.map(Secret::reveal);
                default -> Optional.empty();
            };
        }
    }

    /**
     * A token that we sign ourselves.
     *
     * @param type as the API names it: JWT or SIGNATURE
     */
    record Signed(String type, Secret token, Optional<Instant> expiresAt) implements Credentials {
        @Override
        public CredentialForm<Signed> form() {
            return new SignedForm();
        }

        @Override
        public boolean isUnminted() {
            return token.reveal().isEmpty();
        }

        @Override
        public Optional<Tokens> tokens() {
            return Optional.of(new Tokens(Optional.of(token), Optional.empty(), Optional.empty()));
        }

        @Override
        public Optional<Secret> bearer(boolean placed) {
            return type.equals(SignedForm.SIGNATURE) ? Optional.empty() : Optional.of(token);
        }

        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /**
     * A token obtained in exchange for secrets, which are the connection's secret fields.
     *
     * @param type as the API names it: TWO_STEP, or a name of its own
     * @param raw the last response, with the steps' picks
     */
    record Exchanged(String type, Secret token, Optional<Secret> refreshToken, Optional<Instant> expiresAt, Raw raw)
            implements Credentials {
        @Override
        public CredentialForm<Exchanged> form() {
            return new ExchangedForm();
        }

        @Override
        public boolean isUnminted() {
            return token.reveal().isEmpty();
        }

        @Override
        public Optional<Tokens> tokens() {
            return Optional.of(new Tokens(Optional.of(token), refreshToken, Optional.of(raw)));
        }

        /** Where the definition itself says what proves the right, that alone does. */
        @Override
        public Optional<Secret> bearer(boolean placed) {
            return placed ? Optional.empty() : Optional.of(token);
        }

        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /**
     * An app's installation.
     *
     * @param token absent while the installation waits for its approval
     * @param user the token of the user who installed it, if the definition requires one
     */
    record Installation(Optional<Secret> token, Optional<Instant> expiresAt, Raw raw, Optional<OAuth2> user)
            implements Credentials {
        @Override
        public CredentialForm<Installation> form() {
            return new InstallationForm();
        }

        @Override
        public boolean isUnminted() {
            return token.isEmpty();
        }

        @Override
        public Optional<Secret> refreshToken() {
            return user.flatMap(OAuth2::refreshToken);
        }

        @Override
        public Optional<Tokens> tokens() {
            return Optional.of(new Tokens(token, Optional.empty(), Optional.of(raw)));
        }

        @Override
        public Optional<Secret> bearer(boolean placed) {
            return token;
        }

        @Override
        public Optional<Instant> expiry() {
            return Stream.concat(
                            expiresAt.stream(),
                            user.filter(it -> it.refreshToken().isPresent()).flatMap(OAuth2::expiresAt).stream())
                    .min(Comparator.naturalOrder());
        }
    }

    /** An AWS role that was assumed. */
    record AssumedRole(String accessKeyId, Secret secretAccessKey, Secret sessionToken, Optional<Instant> expiresAt)
            implements Credentials {
        @Override
        public CredentialForm<AssumedRole> form() {
            return new AssumedRoleForm();
        }

        @Override
        public Optional<AssumedRole> assumedRole() {
            return Optional.of(this);
        }

        @Override
        public boolean isUnminted() {
            return accessKeyId.isEmpty();
        }

        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /** Kinds that are stored as imported, by their API type and members. */
    record Imported(String type, Raw members, Optional<Instant> expiresAt) implements Credentials {
        @Override
        public CredentialForm<Imported> form() {
            return new ImportedForm();
        }

        @Override
        public Optional<String> entered(String name) {
            return JsonPath.parse(name).textIn(members.json());
        }

        @Override
        public Optional<Instant> expiry() {
            return expiresAt;
        }
    }

    /** JSON that may hold secrets: prints as {@code [redacted]}. */
    record Raw(ObjectNode json) {
        @Override
        public String toString() {
            return "[redacted]";
        }
    }
}
