package dev.latchkey.client;

import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/**
 * What a connection holds, one class for each kind. Kinds are added as the server grows: a {@code switch} over them needs a {@code
 * default}. None shows a secret in {@code toString}; the accessors do, {@link #json} all of them.
 *
 * <pre>{@code
 * Credentials credentials = latchkey.getConnection("github", "user-42").credentials();
 * if (credentials instanceof Credentials.OAuth2 oauth) {
 *     System.out.println(oauth.expiresAt());
 * }
 * }</pre>
 */
public interface Credentials {
    /** As the API writes and takes it; a class of ours shows all its members, also those that it has no method for. */
    Json json();

    /**
     * An OAuth 2.0 access token, as {@link #oauth2} makes it for an import.
     *
     * @param json with {@code access_token}
     */
    record OAuth2(Json json) implements Credentials {
        /** @throws IllegalArgumentException when there is no access token */
        public OAuth2 {
            Required.text(json, "access_token");
        }

        /** The bearer token. */
        public String accessToken() {
            return Required.text(json, "access_token");
        }

        /** Only if it was requested ({@link Connections#getWithRefreshToken}). */
        public Optional<String> refreshToken() {
            return json.get("refresh_token").text();
        }

        /** Absent: unknown, or never. */
        public Optional<Instant> expiresAt() {
            return Times.optional(json, "expires_at");
        }

        /** The provider's last token response. */
        public Json raw() {
            return json.get("raw");
        }

        /** With a refresh token, so that Latchkey keeps it alive. */
        public OAuth2 withRefreshToken(String token) {
            return new OAuth2(with(json, "refresh_token", token));
        }

        /** With the time at which it expires. */
        public OAuth2 withExpiresAt(Instant time) {
            return new OAuth2(with(json, "expires_at", time));
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** Client credentials grant. */
    record OAuth2Client(Json json) implements Credentials {
        /** The bearer token; absent until the server has obtained one. */
        public Optional<String> token() {
            return json.get("token").text().filter(text -> !text.isEmpty());
        }

        public String clientId() {
            return json.get("client_id").text().orElse("");
        }

        public String clientSecret() {
            return json.get("client_secret").text().orElse("");
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** OAuth 1.0a. */
    record OAuth1(Json json) implements Credentials {
        public OAuth1 {
            Required.text(json, "oauth_token");
        }

        public String token() {
            return Required.text(json, "oauth_token");
        }

        public String tokenSecret() {
            return json.get("oauth_token_secret").text().orElse("");
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** One key. */
    record ApiKey(Json json) implements Credentials {
        /** @throws IllegalArgumentException when there is no member for it */
        public ApiKey {
            if (json.get("apiKey").text().isEmpty()) {
                throw new IllegalArgumentException("there is no 'apiKey'");
            }
        }

        /** Empty where the provider takes calls without one, and none was given. */
        public String apiKey() {
            return json.get("apiKey").asText();
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** User name and password, for HTTP Basic and HTTP Digest ({@link #type}). */
    record Basic(Json json) implements Credentials {
        public String username() {
            return json.get("username").text().orElse("");
        }

        public String password() {
            return json.get("password").text().orElse("");
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** An app's installation, such as a GitHub App's. */
    record App(Json json) implements Credentials {
        /** Absent until the server has obtained one. */
        public Optional<String> accessToken() {
            return json.get("access_token").text();
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** A database, a mail server, a directory, a file server or a message broker. */
    record Datastore(Json json) implements Credentials {
        public Datastore {
            Required.text(json, "connection_string");
        }

        public String driver() {
            return json.get("driver").text().orElse("");
        }

        public String connectionString() {
            return Required.text(json, "connection_string");
        }

        /** Without user and password; empty where there is no JDBC. */
        public String jdbcUrl() {
            return json.get("jdbc_url").text().orElse("");
        }

        public String host() {
            return json.get("host").text().orElse("");
        }

        /** 0 where only the cluster's name is known. */
        public int port() {
            return json.get("port").text().map(Integer::parseInt).orElse(0);
        }

        public String database() {
            return json.get("database").text().orElse("");
        }

        public String username() {
            return json.get("username").text().orElse("");
        }

        public String password() {
            return json.get("password").text().orElse("");
        }

        public String tls() {
            return json.get("tls").text().orElse("");
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** An AWS role that was assumed. */
    record AwsSigV4(Json json) implements Credentials {
        public String region() {
            return json.get("region").text().orElse("");
        }

        public String accessKeyId() {
            return json.get("access_key_id").text().orElse("");
        }

        public String secretAccessKey() {
            return json.get("secret_access_key").text().orElse("");
        }

        public String sessionToken() {
            return json.get("session_token").text().orElse("");
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** OAuth 1.0a tokens issued beforehand (NetSuite). */
    record Tba(Json json) implements Credentials {
        public String tokenId() {
            return json.get("token_id").text().orElse("");
        }

        public String tokenSecret() {
            return json.get("token_secret").text().orElse("");
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** A token of another kind: {@code JWT}, {@code TWO_STEP}, {@code SIGNATURE}, {@code BILL}. */
    record Token(Json json) implements Credentials {
        public Optional<String> token() {
            return json.get("token").text().filter(text -> !text.isEmpty());
        }

        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** Nothing is needed, or the key may not read credentials. */
    record None(Json json) implements Credentials {
        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /** A kind that this client does not know. */
    record Other(Json json) implements Credentials {
        @Override
        public String toString() {
            return hidden(this);
        }
    }

    /**
     * Reads the API's form.
     *
     * <pre>{@code
     * Credentials credentials = Credentials.of(Json.of(Map.of("type", "API_KEY", "apiKey", key)));
     * }</pre>
     *
     * @throws IllegalArgumentException naming a member that its type must have
     */
    static Credentials of(Json json) {
        String type = json.get("type").text().orElse("NONE");
        return CredentialKinds.READERS.getOrDefault(type, Other::new).apply(json);
    }

    /**
     * An OAuth 2.0 access token that you have already.
     *
     * <pre>{@code
     * Credentials.OAuth2 mine = Credentials.oauth2("gho_16C7e42F292c").withRefreshToken("ghr_1B4a2e77");
     * }</pre>
     */
    static OAuth2 oauth2(String accessToken) {
        return new OAuth2(Json.of(Map.of("type", "OAUTH2", "access_token", accessToken)));
    }

    /**
     * A key.
     *
     * <pre>{@code
     * Credentials mine = Credentials.apiKey(key);
     * }</pre>
     */
    static ApiKey apiKey(String key) {
        return new ApiKey(Json.of(Map.of("type", "API_KEY", "apiKey", key)));
    }

    /**
     * User name and password.
     *
     * <pre>{@code
     * Credentials mine = Credentials.basic("ada", key);
     * }</pre>
     */
    static Basic basic(String username, String password) {
        return new Basic(Json.of(Map.of("type", "BASIC", "username", username, "password", password)));
    }

    /**
     * A client id and a client secret, for which the server obtains tokens.
     *
     * <pre>{@code
     * Credentials mine = Credentials.oauth2Client(clientId, clientSecret);
     * }</pre>
     */
    static OAuth2Client oauth2Client(String clientId, String clientSecret) {
        return new OAuth2Client(
                Json.of(Map.of("type", "OAUTH2_CC", "client_id", clientId, "client_secret", clientSecret)));
    }

    /**
     * A token and its secret, of OAuth 1.0a.
     *
     * <pre>{@code
     * Credentials mine = Credentials.oauth1(key, clientSecret);
     * }</pre>
     */
    static OAuth1 oauth1(String token, String tokenSecret) {
        return new OAuth1(Json.of(Map.of("type", "OAUTH1", "oauth_token", token, "oauth_token_secret", tokenSecret)));
    }

    /**
     * A database by its connection string.
     *
     * <pre>{@code
     * Credentials mine = Credentials.datastore("postgresql://app:pw@db.example.com/app");
     * }</pre>
     */
    static Datastore datastore(String connectionString) {
        return new Datastore(Json.of(Map.of("type", "DATASTORE", "connection_string", connectionString)));
    }

    /**
     * For a system that needs none.
     *
     * <pre>{@code
     * Credentials nothing = Credentials.none();
     * }</pre>
     */
    static None none() {
        return new None(Json.of(Map.of("type", "NONE")));
    }

    /**
     * The kind's name in the API, such as {@code OAUTH2}.
     *
     * <pre>{@code
     * String type = latchkey.getConnection("github", "user-42").credentials().type();
     * }</pre>
     */
    default String type() {
        return json().get("type").text().orElse("NONE");
    }

    /**
     * The bearer token or key; empty for kinds without such a single text (Basic, OAuth 1.0a, databases).
     *
     * <pre>{@code
     * Optional<String> token = latchkey.getConnection("github", "user-42").credentials().asToken();
     * }</pre>
     */
    default Optional<String> asToken() {
        String member;
        switch (type()) {
            case "OAUTH2", "APP" -> member = "access_token";
            case "OAUTH2_CC", "JWT", "TWO_STEP", "SIGNATURE", "BILL" -> member = "token";
            case "API_KEY" -> member = "apiKey";
            default -> {
                return Optional.empty();
            }
        }
        return json().get(member).text().filter(text -> !text.isEmpty());
    }

    /**
     * When it expires; empty: unknown, or never.
     *
     * <pre>{@code
     * Optional<java.time.Instant> end = latchkey.getConnection("github", "user-42").credentials().ends();
     * }</pre>
     */
    default Optional<Instant> ends() {
        return Times.optional(json(), "expires_at");
    }

    private static Json with(Json json, String name, Object value) {
        Members members = new Members();
        json.members().forEach(members::put);
        return Json.of(members.put(name, value).map());
    }

    private static String hidden(Credentials credentials) {
        return credentials.type() + "["
                + credentials.ends().map(at -> "until " + at).orElse("redacted") + "]";
    }
}
