package dev.latchkey.client.testing;

import dev.latchkey.client.Credentials;
import dev.latchkey.client.EndUser;
import dev.latchkey.client.Failure;
import dev.latchkey.client.Json;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A connection of a {@link FakeLatchkey}, with a token that works until the test says otherwise. Thread-safe.
 *
 * <pre>{@code
 * fake.connection("github", "user-42").withToken("token-1").needsAuthorization();
 * }</pre>
 */
public final class FakeConnection {
    private final String integration;
    private final String provider;
    private final String id;
    private final long number;
    private final Instant createdAt = Instant.now();

    private Instant updatedAt = createdAt;
    private Credentials credentials;
    private Optional<EndUser> endUser = Optional.empty();
    private Map<String, String> tags = Map.of();
    private Map<String, Object> metadata = Map.of();
    private Map<String, Object> config = Map.of();
    private @Nullable Failure failure;
    private @Nullable String pause;
    private int refreshes;
    private int renewals;

    FakeConnection(String integration, String provider, String id, long number) {
        this.integration = integration;
        this.provider = provider;
        this.id = id;
        this.number = number;
        this.credentials = Credentials.oauth2("token-of-" + id);
    }

    /**
     * Its integration's key.
     *
     * <pre>{@code
     * String key = fake.connection("github", "user-42").integration();
     * }</pre>
     */
    public String integration() {
        return integration;
    }

    /**
     * Its id.
     *
     * <pre>{@code
     * String id = fake.connections().get(0).id();
     * }</pre>
     */
    public String id() {
        return id;
    }

    /**
     * With an OAuth 2.0 access token.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").withToken("token-1");
     * }</pre>
     */
    public FakeConnection withToken(String accessToken) {
        return withCredentials(Credentials.oauth2(accessToken));
    }

    /**
     * With credentials of any kind. It works again, if it did not.
     *
     * <pre>{@code
     * fake.connection("billing", "acme").withCredentials(Credentials.apiKey("sk_test_1"));
     * }</pre>
     */
    public synchronized FakeConnection withCredentials(Credentials credentials) {
        this.credentials = credentials;
        failure = null;
        updatedAt = Instant.now();
        return this;
    }

    /**
     * With your user.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").withEndUser(EndUser.of("user-42").withEmail("ada@example.com"));
     * }</pre>
     */
    public synchronized FakeConnection withEndUser(EndUser user) {
        endUser = Optional.of(user);
        return this;
    }

    /**
     * With tags.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").withTags(Map.of("team", "blue"));
     * }</pre>
     */
    public synchronized FakeConnection withTags(Map<String, String> tags) {
        this.tags = Map.copyOf(tags);
        return this;
    }

    /**
     * With metadata.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").withMetadata(Map.of("plan", "pro"));
     * }</pre>
     */
    public synchronized FakeConnection withMetadata(Map<String, ?> metadata) {
        this.metadata = new LinkedHashMap<>(metadata);
        return this;
    }

    /**
     * With values that the provider's addresses need.
     *
     * <pre>{@code
     * fake.connection("zendesk", "user-42").withConnectionConfig(Map.of("subdomain", "acme"));
     * }</pre>
     */
    public synchronized FakeConnection withConnectionConfig(Map<String, ?> values) {
        config = new LinkedHashMap<>(values);
        return this;
    }

    /**
     * From now on its credential cannot be refreshed: reads and calls throw {@code LatchkeyException.Reauthorize}, until its user
     * connects again.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").needsAuthorization();
     * }</pre>
     */
    public FakeConnection needsAuthorization() {
        return failing(Failure.of(400, "invalid_credentials", "The grant was revoked. The user must authorize again.")
                .withPayload(Map.of("reason", "rejected")));
    }

    /**
     * From now on its refreshes fail for a reason that is not the user's: reads and calls throw {@code
     * LatchkeyException.RefreshFailing}.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").refreshFails(Duration.ofMinutes(1));
     * }</pre>
     *
     * @param retry when the server tries again
     */
    public FakeConnection refreshFails(Duration retry) {
        return failing(
                Failure.of(424, "invalid_credentials", "The provider does not respond. It is tried again by itself.")
                        .withRetryAfter(retry)
                        .withPayload(Map.of(
                                "reason", "transient", "retry_at", Instant.now().plus(retry))));
    }

    private synchronized FakeConnection failing(Failure failure) {
        this.failure = failure;
        return this;
    }

    /**
     * From now on it is paused: reads and calls throw {@code LatchkeyException.Paused}.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").paused("under investigation");
     * }</pre>
     */
    public synchronized FakeConnection paused(String reason) {
        pause = reason;
        return this;
    }

    /**
     * Works again, after {@link #needsAuthorization}, {@link #refreshFails} or {@link #paused}.
     *
     * <pre>{@code
     * fake.connection("github", "user-42").works();
     * }</pre>
     */
    public synchronized FakeConnection works() {
        failure = null;
        pause = null;
        return this;
    }

    /**
     * Its credentials as they are now.
     *
     * <pre>{@code
     * String token = fake.connection("github", "user-42").credentials().asToken().orElseThrow();
     * }</pre>
     */
    public synchronized Credentials credentials() {
        return credentials;
    }

    /**
     * Your user.
     *
     * <pre>{@code
     * Optional<String> email = fake.connection("github", "user-42").endUser().flatMap(EndUser::email);
     * }</pre>
     */
    public synchronized Optional<EndUser> endUser() {
        return endUser;
    }

    /**
     * Its tags.
     *
     * <pre>{@code
     * String team = fake.connection("github", "user-42").tags().get("team");
     * }</pre>
     */
    public synchronized Map<String, String> tags() {
        return tags;
    }

    /**
     * Its metadata.
     *
     * <pre>{@code
     * Object plan = fake.connection("github", "user-42").metadata().get("plan");
     * }</pre>
     */
    public synchronized Map<String, Object> metadata() {
        return new LinkedHashMap<>(metadata);
    }

    /**
     * How often the application demanded a refresh.
     *
     * <pre>{@code
     * int refreshes = fake.connection("github", "user-42").refreshes();
     * }</pre>
     */
    public synchronized int refreshes() {
        return refreshes;
    }

    /** As its user does on the provider's page, once more. */
    synchronized void reauthorized() {
        failure = null;
        renew();
    }

    synchronized void refresh() {
        refreshes++;
        if (failure == null) {
            renew();
        }
    }

    private void renew() {
        updatedAt = Instant.now();
        if (credentials instanceof Credentials.OAuth2 token) {
            String first = token.accessToken().replaceFirst("-renewed-\\d+$", "");
            renewals++;
            credentials = Credentials.oauth2(first + "-renewed-" + renewals);
        }
    }

    synchronized Optional<Failure> failure() {
        String reason = pause;
        return reason == null
                ? Optional.ofNullable(failure)
                : Optional.of(Failure.of(423, "paused", "The connection is paused: " + reason));
    }

    synchronized void resumed() {
        pause = null;
    }

    boolean isFor(String user) {
        return endUser().filter(one -> one.id().equals(user)).isPresent();
    }

    boolean isOfOrganization(String organization) {
        return endUser()
                .flatMap(EndUser::organizationId)
                .filter(organization::equals)
                .isPresent();
    }

    synchronized boolean isPaused() {
        return pause != null;
    }

    synchronized Map<String, @Nullable Object> full(boolean withRefreshToken) {
        Map<String, @Nullable Object> json = summary();
        json.remove("created");
        Map<String, Object> shown = new LinkedHashMap<>();
        credentials.json().members().forEach(shown::put);
        if (!withRefreshToken) {
            shown.remove("refresh_token");
        }
        json.put("credentials", shown);
        json.put("connection_config", config);
        json.put("webhook_url_override", null);
        json.put("created_at", createdAt);
        json.put("updated_at", updatedAt);
        json.put("last_fetched_at", Instant.now());
        return json;
    }

    synchronized Map<String, @Nullable Object> summary() {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("id", number);
        json.put("connection_id", id);
        json.put("provider_config_key", integration);
        json.put("provider", provider);
        json.put("errors", failure == null ? List.of() : List.of(Map.of("type", "auth", "log_id", "log-" + number)));
        json.put("end_user", endUser.map(FakeConnection::user).orElse(null));
        json.put("tags", tags);
        json.put("metadata", metadata);
        String reason = pause;
        json.put("paused", reason == null ? null : Map.of("since", Instant.now(), "by", "the test", "reason", reason));
        json.put("granted_scopes", new ArrayList<>());
        json.put("missing_scopes", new ArrayList<>());
        json.put("created", createdAt);
        return json;
    }

    private static Json user(EndUser user) {
        Map<String, @Nullable Object> json = new LinkedHashMap<>();
        json.put("id", user.id());
        json.put("email", user.email());
        json.put("display_name", user.displayName());
        json.put("tags", user.tags().isEmpty() ? null : user.tags());
        json.put("organization", user.organizationId().map(id -> Map.of("id", id)));
        return Json.of(json);
    }

    @Override
    public String toString() {
        return "FakeConnection[" + integration + ", " + id + "]";
    }
}
