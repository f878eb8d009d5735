package dev.latchkey.client;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the server said when it refused: of an exception, and to make one in a test. Immutable.
 *
 * <pre>{@code
 * LatchkeyException made = new LatchkeyException.Reauthorize(Failure.of(400, "invalid_credentials", "The grant was revoked."));
 * }</pre>
 */
public final class Failure {
    /** @param path the field, from the outside in */
    public record Detail(String code, String message, List<String> path) {}

    private final int status;
    private final String code;
    private final String message;
    private final List<Detail> details;
    private final Json payload;
    private final Optional<String> requestId;
    private final Optional<Duration> retryAfter;

    private Failure(
            int status,
            String code,
            String message,
            List<Detail> details,
            Json payload,
            Optional<String> requestId,
            Optional<Duration> retryAfter) {
        this.status = status;
        this.code = code;
        this.message = message;
        this.details = details;
        this.payload = payload;
        this.requestId = requestId;
        this.retryAfter = retryAfter;
    }

    /**
     * With a status, the server's code and its message.
     *
     * <pre>{@code
     * Failure missing = Failure.of(404, "not_found", "There is no such connection.");
     * }</pre>
     */
    public static Failure of(int status, String code, String message) {
        return new Failure(status, code, message, List.of(), Json.of(null), Optional.empty(), Optional.empty());
    }

    /** From a response; a proxy or load balancer in front of the server writes in its own format. */
    static Failure read(int status, Optional<String> requestId, Optional<Duration> retryAfter, byte[] body) {
        Json error = envelope(body).get("error");
        List<Detail> details = error.get("errors").items().stream()
                .map(one -> new Detail(
                        one.get("code").text().orElse(""),
                        one.get("message").text().orElse(""),
                        one.get("path").items().stream()
                                .map(part -> part.text().orElse(""))
                                .toList()))
                .toList();
        return new Failure(
                status,
                error.get("code").text().orElse(""),
                error.get("message").text().orElse("The server gave no reason."),
                details,
                error.get("payload"),
                requestId,
                retryAfter);
    }

    private static Json envelope(byte[] body) {
        try {
            return Json.parse(body);
        } catch (IllegalArgumentException e) {
            return Json.of(null);
        }
    }

    /**
     * With the response's {@code X-Request-Id}.
     *
     * <pre>{@code
     * Failure known = Failure.of(500, "server_error", "Internal error.").withRequestId("a1b2");
     * }</pre>
     */
    public Failure withRequestId(String id) {
        return new Failure(status, code, message, details, payload, Optional.of(id), retryAfter);
    }

    /**
     * With the time that the server asks to wait.
     *
     * <pre>{@code
     * Failure busy = Failure.of(429, "rate_limited", "Too many requests.").withRetryAfter(Duration.ofSeconds(3));
     * }</pre>
     */
    public Failure withRetryAfter(Duration wait) {
        return new Failure(status, code, message, details, payload, requestId, Optional.of(wait));
    }

    /**
     * With one more field that is wrong.
     *
     * <pre>{@code
     * Failure refused = Failure.of(400, "invalid_body", "Invalid body.")
     *         .withDetail(new Failure.Detail("invalid_type", "must be a text", List.of("unique_key")));
     * }</pre>
     */
    public Failure withDetail(Detail detail) {
        List<Detail> more = new ArrayList<>(details);
        more.add(detail);
        return new Failure(status, code, message, List.copyOf(more), payload, requestId, retryAfter);
    }

    /**
     * With further members of the error, such as the {@code reason} of a failed refresh.
     *
     * <pre>{@code
     * Failure failing = Failure.of(424, "connection_refresh_backoff", "The provider does not respond.")
     *         .withPayload(Map.of("reason", "transient"));
     * }</pre>
     */
    public Failure withPayload(Map<String, ?> members) {
        return new Failure(status, code, message, details, Json.of(members), requestId, retryAfter);
    }

    /**
     * The HTTP status, 400 to 599.
     *
     * <pre>{@code
     * int status = Failure.of(404, "not_found", "").status();
     * }</pre>
     */
    public int status() {
        return status;
    }

    /**
     * The server's own code, such as {@code unknown_provider_config}; empty text if the response had none.
     *
     * <pre>{@code
     * String code = Failure.of(404, "not_found", "").code();
     * }</pre>
     */
    public String code() {
        return code;
    }

    /**
     * The server's sentence.
     *
     * <pre>{@code
     * String message = Failure.of(404, "not_found", "There is none.").message();
     * }</pre>
     */
    public String message() {
        return message;
    }

    /**
     * What is wrong with which field; empty unless the server validated.
     *
     * <pre>{@code
     * List<Failure.Detail> details = Failure.of(400, "invalid_body", "").details();
     * }</pre>
     */
    public List<Detail> details() {
        return details;
    }

    /**
     * The server's id of the request, by which its operator finds it.
     *
     * <pre>{@code
     * Optional<String> id = Failure.of(500, "server_error", "").requestId();
     * }</pre>
     */
    public Optional<String> requestId() {
        return requestId;
    }

    /**
     * How long to wait: by {@code Retry-After}, in seconds or as a date, or {@code payload.retry_at}.
     *
     * <pre>{@code
     * Optional<Duration> wait = Failure.of(429, "rate_limited", "").retryAfter();
     * }</pre>
     */
    public Optional<Duration> retryAfter() {
        return retryAfter;
    }

    /**
     * Further members of the error.
     *
     * <pre>{@code
     * Optional<String> reason = Failure.of(424, "connection_refresh_backoff", "").payload().get("reason").text();
     * }</pre>
     */
    public Json payload() {
        return payload;
    }

    /** When a refresh is tried again. */
    Optional<Instant> retryAt() {
        return Times.optional(payload, "retry_at");
    }

    @Override
    public String toString() {
        return message + " (" + status + (code.isEmpty() ? "" : ", " + code)
                + requestId.map(id -> ", request " + id).orElse("") + ")";
    }
}
