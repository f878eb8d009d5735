package dev.latchkey.client;

import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How a user connects, beside whom and what: where the browser goes afterwards, which scopes are requested, which values are known
 * already. Immutable.
 *
 * <pre>{@code
 * URI page = latchkey.getAuthUrl("github", "user-42", ConnectOptions.none()
 *         .withReturnUrl(URI.create("https://app.example.com/settings"))
 *         .withEndUser(EndUser.of("user-42").withEmail("ada@example.com"))
 *         .withScopes("repo"));
 * }</pre>
 */
public final class ConnectOptions {
    private static final ConnectOptions NONE = new ConnectOptions(new Values());

    /** Where an option is for every integration that the session allows. */
    private static final String EVERY = "";

    /** What is set, mutable until a {@code with} method returns it. */
    private static final class Values implements Cloneable {
        private @Nullable EndUser endUser;
        private @Nullable URI returnUrl;
        private Map<String, String> tags = Map.of();
        private Map<String, Map<String, Object>> defaults = Map.of();
        private Map<String, URI> help = Map.of();
        private @Nullable URI webhookUrl;
        private @Nullable CodeVerifier verifier;
        private @Nullable Integer maxConnections;
        private boolean sameAccount;

        private Values copy() {
            try {
                return (Values) clone();
            } catch (CloneNotSupportedException e) {
                throw new AssertionError("it is Cloneable", e);
            }
        }
    }

    private final Values values;

    private ConnectOptions(Values values) {
        this.values = values;
    }

    /**
     * Nothing special.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withScopes("repo", "read:org");
     * }</pre>
     */
    public static ConnectOptions none() {
        return NONE;
    }

    /**
     * For this user; otherwise the connection's id is the user's.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withEndUser(EndUser.of("user-42").withDisplayName("Ada"));
     * }</pre>
     */
    public ConnectOptions withEndUser(EndUser user) {
        Values next = values.copy();
        next.endUser = user;
        return new ConnectOptions(next);
    }

    /**
     * The page of your product to which the browser goes afterwards, with {@code connection_id}, or {@code error} and its like. It must
     * be on the environment's list of return URLs ({@link Environment#update}).
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withReturnUrl(URI.create("https://app.example.com/settings"));
     * }</pre>
     */
    public ConnectOptions withReturnUrl(URI page) {
        Values next = values.copy();
        next.returnUrl = page;
        return new ConnectOptions(next);
    }

    /**
     * With one more tag of the connection.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withTag("team", "blue");
     * }</pre>
     */
    public ConnectOptions withTag(String name, String value) {
        Values next = values.copy();
        next.tags = with(values.tags, name, value);
        return new ConnectOptions(next);
    }

    /**
     * Requests these scopes of the user, for providers that have scopes of users beside those of the app (Slack's {@code user_scope}).
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withUserScopes("search:read");
     * }</pre>
     */
    public ConnectOptions withUserScopes(String... scopes) {
        return withDefault(EVERY, "user_scopes", String.join(",", scopes));
    }

    /**
     * Requests these scopes in place of the integration's.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withScopes("repo", "read:org");
     * }</pre>
     */
    public ConnectOptions withScopes(String... scopes) {
        return withConnectionConfig(Map.of("oauth_scopes_override", String.join(",", scopes)));
    }

    /**
     * With values of the provider's fields, which the user is then not asked for. They are stored encrypted, and never reach the
     * browser if they are secret.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withConnectionConfig(Map.of("subdomain", "acme"));
     * }</pre>
     */
    public ConnectOptions withConnectionConfig(Map<String, String> config) {
        return withConnectionConfig(EVERY, config);
    }

    /**
     * The same for one of several integrations.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withConnectionConfig("zendesk", Map.of("subdomain", "acme"));
     * }</pre>
     */
    public ConnectOptions withConnectionConfig(String integration, Map<String, String> config) {
        ConnectOptions all = this;
        for (Map.Entry<String, String> one : config.entrySet()) {
            all = all.withDefault(integration, "connection_config", one);
        }
        return all;
    }

    /**
     * With parameters for the provider's authorization page, such as {@code prompt} or {@code login_hint}.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withAuthorizationParam("login_hint", "ada@example.com");
     * }</pre>
     */
    public ConnectOptions withAuthorizationParam(String name, String value) {
        return withDefault(EVERY, "authorization_params", Map.entry(name, value));
    }

    /**
     * With a help page of yours for an integration, in place of the provider's.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withHelpPage("github", URI.create("https://docs.example.com/github"));
     * }</pre>
     */
    public ConnectOptions withHelpPage(String integration, URI page) {
        Values next = values.copy();
        next.help = with(values.help, integration, page);
        return new ConnectOptions(next);
    }

    /**
     * With an address that gets the webhooks of the connection, beside the environment's endpoints.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withWebhookUrl(URI.create("https://app.example.com/hooks"));
     * }</pre>
     */
    public ConnectOptions withWebhookUrl(URI address) {
        Values next = values.copy();
        next.webhookUrl = address;
        return new ConnectOptions(next);
    }

    /**
     * With proof: the connection does not exist, or keeps its credential, until {@link Sessions#finish} shows the verifier. So another
     * person who follows the link of one user's session connects nothing.
     *
     * <pre>{@code
     * CodeVerifier verifier = CodeVerifier.random(); // kept with your user's own session
     * ConnectOptions options = ConnectOptions.none().withVerifier(verifier);
     * }</pre>
     */
    public ConnectOptions withVerifier(CodeVerifier verifier) {
        Values next = values.copy();
        next.verifier = verifier;
        return new ConnectOptions(next);
    }

    /**
     * How many connections of one integration the session may make, 1 to 100; otherwise 3.
     *
     * <pre>{@code
     * ConnectOptions options = ConnectOptions.none().withMaxConnections(1);
     * }</pre>
     */
    public ConnectOptions withMaxConnections(int most) {
        Values next = values.copy();
        next.maxConnections = most;
        return new ConnectOptions(next);
    }

    /**
     * Where an existing connection is authorized again: refuses another account of the provider than the one that is connected.
     *
     * <pre>{@code
     * URI page = latchkey.getAuthUrl("github", "user-42", ConnectOptions.none().withSameAccount());
     * }</pre>
     */
    public ConnectOptions withSameAccount() {
        Values next = values.copy();
        next.sameAccount = true;
        return new ConnectOptions(next);
    }

    /** @param value a text, or a name and a value that are added to those before */
    private ConnectOptions withDefault(String integration, String member, Object value) {
        Map<String, Object> members = new LinkedHashMap<>(values.defaults.getOrDefault(integration, Map.of()));
        if (value instanceof Map.Entry<?, ?> entry) {
            Map<Object, Object> all = new LinkedHashMap<>();
            if (members.get(member) instanceof Map<?, ?> before) {
                all.putAll(before);
            }
            all.put(entry.getKey(), entry.getValue());
            members.put(member, all);
        } else {
            members.put(member, value);
        }
        Values next = values.copy();
        next.defaults = with(values.defaults, integration, members);
        return new ConnectOptions(next);
    }

    private static <V> Map<String, V> with(Map<String, V> map, String name, V value) {
        Map<String, V> more = new LinkedHashMap<>(map);
        more.put(name, value);
        return more;
    }

    Optional<EndUser> endUser() {
        return Optional.ofNullable(values.endUser);
    }

    /** The members that both kinds of sessions take. */
    Members addTo(Members body, List<String> integrations, boolean again) {
        body.putAny("tags", values.tags)
                .putAny("integrations_config_defaults", defaults(integrations))
                .put("webhook_url_override", Optional.ofNullable(values.webhookUrl))
                .put("return_url", Optional.ofNullable(values.returnUrl))
                .put("max_connections", Optional.ofNullable(values.maxConnections));
        Map<String, Object> help = new LinkedHashMap<>();
        values.help.forEach((integration, page) -> help.put(integration, Map.of("docs_connect", page)));
        body.putAny("overrides", help);
        CodeVerifier verifier = values.verifier;
        if (verifier != null) {
            body.put("code_challenge", verifier.challenge()).put("code_challenge_method", "S256");
        }
        if (again && values.sameAccount) {
            body.put("same_account", true);
        }
        return body;
    }

    private Map<String, Object> defaults(List<String> integrations) {
        Map<String, Object> every = values.defaults.getOrDefault(EVERY, Map.of());
        if (!every.isEmpty() && integrations.isEmpty()) {
            throw new IllegalArgumentException(
                    "scopes, parameters and values need the session's integrations: name them, or give the values for one");
        }
        List<String> keys = new ArrayList<>(integrations);
        values.defaults.keySet().stream()
                .filter(key -> !key.equals(EVERY) && !keys.contains(key))
                .forEach(keys::add);
        Map<String, Object> all = new LinkedHashMap<>();
        for (String key : keys) {
            Map<String, Object> members = new LinkedHashMap<>(every);
            values.defaults
                    .getOrDefault(key, Map.of())
                    .forEach((name, value) -> members.merge(name, value, ConnectOptions::merged));
            if (!members.isEmpty()) {
                all.put(key, members);
            }
        }
        return all;
    }

    private static Object merged(Object one, Object other) {
        if (one instanceof Map<?, ?> some && other instanceof Map<?, ?> more) {
            Map<Object, Object> both = new LinkedHashMap<>(some);
            both.putAll(more);
            return both;
        }
        return other;
    }

    /** Without values. */
    @Override
    public String toString() {
        return "ConnectOptions[" + values.defaults.keySet() + "]";
    }
}
