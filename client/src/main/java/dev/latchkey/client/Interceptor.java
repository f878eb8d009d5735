package dev.latchkey.client;

import java.time.Duration;
import java.util.Map;

/**
 * Sees each attempt of each call to the server: to add headers, to measure, to trace. Called on threads of the client; it must be
 * thread-safe and must not block. What it throws becomes the call's failure.
 *
 * <pre>{@code
 * Settings measured = Settings.standard().withInterceptor(new Interceptor() {
 *     public void responded(Interceptor.Attempt attempt, int status, Duration took) {
 *         System.out.println(attempt.operation() + " " + status + " " + took.toMillis() + " ms");
 *     }
 * });
 * }</pre>
 */
public interface Interceptor {
    /**
     * One request.
     *
     * @param operation method and path without ids, such as {@code GET /connections/{id}}: few, for metrics
     * @param number from 1
     */
    record Attempt(String operation, int number) {}

    /**
     * Headers to add before an attempt is sent, such as {@code traceparent}; none of the client's own.
     *
     * <pre>{@code
     * Interceptor traced = new Interceptor() {
     *     public Map<String, String> headers(Interceptor.Attempt attempt) {
     *         return Map.of("X-Attempt", String.valueOf(attempt.number()));
     *     }
     * };
     * }</pre>
     */
    default Map<String, String> headers(Attempt attempt) {
        return Map.of();
    }

    /**
     * After a response, whatever its status; of a proxied call when it begins.
     *
     * <pre>{@code
     * Interceptor counting = new Interceptor() {
     *     public void responded(Interceptor.Attempt attempt, int status, Duration took) {
     *         System.out.println(status);
     *     }
     * };
     * }</pre>
     */
    default void responded(Attempt attempt, int status, Duration took) {}

    /**
     * After an attempt without a response.
     *
     * <pre>{@code
     * Interceptor counting = new Interceptor() {
     *     public void failed(Interceptor.Attempt attempt, Throwable reason, Duration took) {
     *         System.out.println(reason.getClass());
     *     }
     * };
     * }</pre>
     */
    default void failed(Attempt attempt, Throwable reason, Duration took) {}
}
