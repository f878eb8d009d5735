package dev.latchkey.client;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/** One call: as many attempts as are allowed and make sense, until its future is complete. */
final class Attempts {
    private static final System.Logger LOG = System.getLogger("dev.latchkey.client");
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);
    private static final int LONGEST_BODY = 64 * 1024 * 1024;

    private final Api api;
    private final ApiRequest request;
    private final String key;
    private final Optional<String> idempotencyKey;
    private final CompletableFuture<ApiAnswer> call;
    private final long endNanos;
    private final int most;

    Attempts(Api api, ApiRequest request, String key, CompletableFuture<ApiAnswer> call, long endNanos) {
        this.api = api;
        this.request = request;
        this.key = key;
        this.call = call;
        this.endNanos = endNanos;
        this.most = api.options.attempts.orElse(api.settings.attempts());
        this.idempotencyKey = request.reads()
                ? Optional.empty()
                : api.options.idempotencyKey.or(
                        () -> most > 1 ? Optional.of(UUID.randomUUID().toString()) : Optional.empty());
    }

    void begin() {
        next(1);
    }

    private void next(int number) {
        if (call.isDone()) {
            return;
        }
        Interceptor.Attempt attempt = new Interceptor.Attempt(request.operation(), number);
        long start = System.nanoTime();
        HttpRequest built;
        try {
            built = build(attempt);
        } catch (RuntimeException e) {
            call.completeExceptionally(e);
            return;
        }
        CompletableFuture<HttpResponse<byte[]>> sent =
                api.transport.http.sendAsync(built, LimitedBody.upTo(LONGEST_BODY));
        CompletableFuture<HttpResponse<byte[]>> limited = new CompletableFuture<>();
        sent.whenComplete((response, failure) -> {
            if (failure == null) {
                limited.complete(response);
            } else {
                limited.completeExceptionally(Connecting.unwrapped(failure));
            }
        });
        Duration timeout = api.options.timeout.orElse(api.settings.timeout());
        api.transport.limit(limited, timeout, () -> new HttpTimeoutException("no whole response in " + timeout));
        call.whenComplete((answer, failure) -> limited.cancel(true));
        limited.whenComplete((response, failure) -> {
            sent.cancel(true);
            if (call.isDone()) {
                return;
            }
            try {
                ended(attempt, Duration.ofNanos(System.nanoTime() - start), response, failure);
            } catch (Throwable e) {
                call.completeExceptionally(e);
            }
        });
    }

    private HttpRequest build(Interceptor.Attempt attempt) {
        Map<String, String> observers = new LinkedHashMap<>();
        api.settings.interceptors().forEach(one -> observers.putAll(one.headers(attempt)));
        HttpRequest.Builder builder = api.request(key, request.target(), observers)
                .method(
                        request.method,
                        request.body
                                .map(body -> HttpRequest.BodyPublishers.ofByteArray(body.bytes()))
                                .orElseGet(HttpRequest.BodyPublishers::noBody));
        request.body.ifPresent(body -> builder.setHeader("Content-Type", body.type()));
        idempotencyKey.ifPresent(id -> builder.setHeader("Idempotency-Key", id));
        return builder.build();
    }

    private void ended(
            Interceptor.Attempt attempt,
            Duration took,
            @Nullable HttpResponse<byte[]> response,
            @Nullable Throwable failure) {
        if (response != null) {
            LOG.log(
                    System.Logger.Level.DEBUG,
                    () -> attempt.operation() + " " + response.statusCode() + " in "
                            + took.toMillis() + " ms, attempt " + attempt.number() + ", request "
                            + requestId(response).orElse("unknown"));
            api.settings.interceptors().forEach(one -> one.responded(attempt, response.statusCode(), took));
            responded(attempt, response);
        } else {
            Throwable reason = failure == null ? new HttpTimeoutException("no response") : failure;
            LOG.log(
                    System.Logger.Level.DEBUG,
                    () -> attempt.operation() + " failed after " + took.toMillis() + " ms, attempt " + attempt.number()
                            + ": " + Connecting.reason(reason));
            api.settings.interceptors().forEach(one -> one.failed(attempt, reason, took));
            failed(attempt, reason);
        }
    }

    private void responded(Interceptor.Attempt attempt, HttpResponse<byte[]> response) {
        int status = response.statusCode();
        if (status >= 200 && status < 300) {
            call.complete(new ApiAnswer(status, response.headers().map(), response.body()));
            return;
        }
        if (status < 400) {
            call.completeExceptionally(api.redirected(
                    request.operation(), status, response.headers().firstValue("Location")));
            return;
        }
        Optional<Duration> asked = Times.retryAfter(response.headers().firstValue("Retry-After"), Instant.now());
        Failure failure = Failure.read(status, requestId(response), asked, response.body());
        // A request with the same key that is still under way elsewhere: its result follows.
        boolean underWay = status == 409 && failure.code().equals("idempotency_key_in_use");
        boolean again = status == 429 || underWay || (isRepeatable() && isPassing(status));
        Duration wait = asked.orElseGet(() -> backOff(attempt.number()));
        if (again && mayWait(attempt, wait)) {
            again(attempt, wait);
        } else {
            call.completeExceptionally(LatchkeyException.of(failure));
        }
    }

    private void failed(Interceptor.Attempt attempt, Throwable reason) {
        Duration wait = backOff(attempt.number());
        // A write whose response was lost may have taken effect; one that reached no server has not.
        boolean again = reason instanceof java.io.IOException && (isRepeatable() || Connecting.neverSent(reason));
        if (again && mayWait(attempt, wait)) {
            again(attempt, wait);
        } else if (reason instanceof HttpTimeoutException && !Connecting.neverSent(reason)) {
            call.completeExceptionally(
                    new LatchkeyException.TimedOut("No response from Latchkey at " + api.settings.host() + " to "
                            + request + ": " + Connecting.reason(reason) + ", in " + attempt.number() + " attempts."));
        } else {
            call.completeExceptionally(api.unreachable(reason));
        }
    }

    private boolean isRepeatable() {
        return request.reads() || idempotencyKey.isPresent();
    }

    private boolean mayWait(Interceptor.Attempt attempt, Duration wait) {
        return attempt.number() < most
                && wait.compareTo(LONGEST_WAIT) <= 0
                && wait.toNanos() < endNanos - System.nanoTime();
    }

    private void again(Interceptor.Attempt attempt, Duration wait) {
        CompletableFuture<Void> pause = api.transport.waiting.await(wait);
        pause.thenRun(() -> next(attempt.number() + 1));
    }

    private static boolean isPassing(int status) {
        return status == 502 || status == 503 || status == 504;
    }

    private static Optional<String> requestId(HttpResponse<?> response) {
        return response.headers().firstValue("X-Request-Id");
    }

    /** Doubles, with jitter over its upper half, so that clients that failed together do not retry together. */
    private static Duration backOff(int attempt) {
        long most = FIRST_WAIT.toMillis() << Math.min(attempt - 1, 6);
        return Duration.ofMillis(ThreadLocalRandom.current().nextLong(most / 2, most + 1));
    }
}
