package dev.latchkey.client;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What differs for some calls; the rest is as in the {@link Settings}. Immutable.
 *
 * <pre>{@code
 * String token = latchkey.with(RequestOptions.none().withDeadline(Duration.ofSeconds(2))).getToken("github", "user-42");
 * }</pre>
 */
public final class RequestOptions {
    private static final RequestOptions NONE = new RequestOptions(
            Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Map.of());

    final Optional<Duration> timeout;
    final Optional<Duration> deadline;
    final Optional<Integer> attempts;
    final Optional<String> secretKey;
    final Optional<String> idempotencyKey;
    final Map<String, List<String>> headers;

    private RequestOptions(
            Optional<Duration> timeout,
            Optional<Duration> deadline,
            Optional<Integer> attempts,
            Optional<String> secretKey,
            Optional<String> idempotencyKey,
            Map<String, List<String>> headers) {
        this.timeout = timeout;
        this.deadline = deadline;
        this.attempts = attempts;
        this.secretKey = secretKey;
        this.idempotencyKey = idempotencyKey;
        this.headers = headers;
    }

    /**
     * All as in the settings.
     *
     * <pre>{@code
     * RequestOptions options = RequestOptions.none().withAttempts(1);
     * }</pre>
     */
    public static RequestOptions none() {
        return NONE;
    }

    /**
     * With another limit for each attempt.
     *
     * <pre>{@code
     * RequestOptions options = RequestOptions.none().withTimeout(Duration.ofSeconds(1));
     * }</pre>
     */
    public RequestOptions withTimeout(Duration limit) {
        Optional<Duration> given = Optional.of(Settings.positive("the timeout", limit));
        return new RequestOptions(given, deadline, attempts, secretKey, idempotencyKey, headers);
    }

    /**
     * With another limit for the whole call; of proxied calls, until the last byte is read.
     *
     * <pre>{@code
     * RequestOptions options = RequestOptions.none().withDeadline(Duration.ofSeconds(3));
     * }</pre>
     */
    public RequestOptions withDeadline(Duration limit) {
        Optional<Duration> given = Optional.of(Settings.positive("the deadline", limit));
        return new RequestOptions(timeout, given, attempts, secretKey, idempotencyKey, headers);
    }

    /**
     * With another number of attempts, 1 to 10.
     *
     * <pre>{@code
     * RequestOptions once = RequestOptions.none().withAttempts(1);
     * }</pre>
     */
    public RequestOptions withAttempts(int most) {
        Optional<Integer> given = Optional.of(Settings.attempts(most));
        return new RequestOptions(timeout, deadline, given, secretKey, idempotencyKey, headers);
    }

    /**
     * With the secret key of another environment. Tokens of such calls are not kept in memory.
     *
     * <pre>{@code
     * long others = latchkey.with(RequestOptions.none().withSecretKey(key)).connections().list(ConnectionQuery.all()).count();
     * }</pre>
     */
    public RequestOptions withSecretKey(String key) {
        Optional<String> given = Optional.of(HeaderText.secretKey(key));
        return new RequestOptions(timeout, deadline, attempts, given, idempotencyKey, headers);
    }

    /**
     * With an {@code Idempotency-Key} of your own for one write: repeated within a day, also by another process, it has the effect
     * and the response of the first. Without it, each write gets a random one, for its own attempts.
     *
     * <pre>{@code
     * latchkey.with(RequestOptions.none().withIdempotencyKey("order-4711")).connections()
     *         .create(NewConnection.of("billing", Credentials.apiKey(key)));
     * }</pre>
     *
     * @param key 1 to 255 visible characters of ASCII, a new one for each operation
     */
    public RequestOptions withIdempotencyKey(String key) {
        if (key.isEmpty() || key.length() > 255 || !key.chars().allMatch(c -> c > 0x20 && c < 0x7f)) {
            throw new IllegalArgumentException("an idempotency key has 1 to 255 visible characters of ASCII");
        }
        return new RequestOptions(timeout, deadline, attempts, secretKey, Optional.of(key), headers);
    }

    /**
     * With one more header for the server.
     *
     * <pre>{@code
     * RequestOptions traced = RequestOptions.none().withHeader("X-Tenant", "acme");
     * }</pre>
     *
     * @throws IllegalArgumentException for a name or a value that a header cannot have, without the value; and for {@code
     *     Authorization}, which {@link #withSecretKey} sets
     */
    public RequestOptions withHeader(String name, String value) {
        if (HeaderText.name(name).equalsIgnoreCase("authorization")) {
            throw new IllegalArgumentException("withSecretKey sets Authorization");
        }
        Map<String, List<String>> more = new LinkedHashMap<>(headers);
        List<String> all = new ArrayList<>(more.getOrDefault(name, List.of()));
        all.add(HeaderText.value(name, value));
        more.put(name, List.copyOf(all));
        return new RequestOptions(timeout, deadline, attempts, secretKey, idempotencyKey, Map.copyOf(more));
    }

    /** Without keys and values. */
    @Override
    public String toString() {
        return "RequestOptions[" + timeout + ", " + deadline + ", " + attempts + ", " + headers.keySet() + "]";
    }
}
