package dev.latchkey.client;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * Calls a provider's API with a connection's credential, which never leaves the server. Bodies stream in both directions.
 * Thread-safe.
 */
public final class Proxy {
    private static final int LONGEST_ERROR = 64 * 1024;
    private static final String OPERATION = "ANY /proxy/{path}";

    private final Api api;
    private final TokenCache tokens;

    Proxy(Api api, TokenCache tokens) {
        this.api = api;
        this.tokens = tokens;
    }

    /**
     * Sends the request, once. The provider's response comes back as it is, whatever its status; an error of the server's own
     * (unknown connection, credential that cannot be refreshed, host that is not the provider's) is an exception, as everywhere.
     *
     * <pre>{@code
     * try (ProxyAnswer answer = latchkey.proxy().send("github", "user-42", ProxyRequest.get("/user/repos?per_page=5"))) {
     *     System.out.println(answer.text());
     * }
     * }</pre>
     *
     * @throws LatchkeyException.Reauthorize when the user has to authorize again
     * @throws LatchkeyException.Unreachable when the server does not respond in time; a write may have taken effect
     */
    public ProxyAnswer send(String integration, String connectionId, ProxyRequest request) {
        return Transport.join(sendAsync(integration, connectionId, request));
    }

    /**
     * The same without waiting; it completes when the response begins. Reading its body blocks.
     *
     * <pre>{@code
     * latchkey.proxy().sendAsync("github", "user-42", ProxyRequest.get("/user")).thenAccept(answer -> {
     *     try (answer) {
     *         System.out.println(answer.status());
     *     }
     * });
     * }</pre>
     */
    public CompletableFuture<ProxyAnswer> sendAsync(String integration, String connectionId, ProxyRequest request) {
        String key = api.requireKey("Calling '" + integration + "' through the proxy");
        String connection = Named.connection(connectionId);
        Interceptor.Attempt attempt = new Interceptor.Attempt(OPERATION, 1);
        Map<String, String> observers = new LinkedHashMap<>();
        api.settings.interceptors().forEach(one -> observers.putAll(one.headers(attempt)));
        CountedUpload upload = new CountedUpload(request.body());
        HttpRequest.Builder builder = api.request(key, "/proxy" + request.path(), observers)
                .method(request.method(), upload)
                .setHeader(
                        "Provider-Config-Key", HeaderText.value("Provider-Config-Key", Named.integration(integration)))
                .setHeader("Connection-Id", HeaderText.value("Connection-Id", connection));
        request.addTo(builder);
        HttpRequest built = builder.build();
        CompletableFuture<ProxyAnswer> call = api.transport.begin();
        CompletableFuture<Void> whole = api.transport.begin();
        Duration deadline = api.options.deadline.orElse(api.settings.longestTransfer());
        long start = System.nanoTime();
        long end = start + deadline.toNanos();
        api.transport.limit(whole, deadline, () -> late("the whole response did not arrive in " + deadline));
        Duration firstByte = api.options.timeout.orElse(api.settings.firstByte());
        api.transport.watch(
                call,
                upload::lastNanos,
                () -> upload.isSent() ? firstByte : api.settings.idle(),
                () -> late("no byte for " + (upload.isSent() ? firstByte : api.settings.idle())));
        whole.whenComplete((nothing, failure) -> {
            if (failure != null) {
                call.completeExceptionally(failure);
            }
        });
        CompletableFuture<HttpResponse<InputStream>> sent =
                api.transport.http.sendAsync(built, response -> new StreamedBody(api.settings.idle(), end, whole));
        call.whenComplete((answer, failure) -> {
            if (failure != null) {
                sent.cancel(true);
                whole.complete(null);
            }
        });
        sent.whenComplete((response, failure) -> {
            Duration took = Duration.ofNanos(System.nanoTime() - start);
            if (failure != null) {
                Throwable reason = Connecting.unwrapped(failure);
                if (!call.isDone()) {
                    api.settings.interceptors().forEach(one -> one.failed(attempt, reason, took));
                    call.completeExceptionally(api.unreachable(reason));
                }
                return;
            }
            api.settings.interceptors().forEach(one -> one.responded(attempt, response.statusCode(), took));
            if (response.statusCode() == 401 && !isOurs(response)) {
                tokens.forget(integration, connectionId);
            }
            // Reading an error blocks: not on the thread that its bytes arrive on.
            api.transport.after(Duration.ZERO, () -> finish(call, response));
        });
        return call;
    }

    private LatchkeyException late(String what) {
        return new LatchkeyException.TimedOut(
                "No response from Latchkey at " + api.settings.host() + " to a proxied call: " + what + ".");
    }

    private static boolean isOurs(HttpResponse<?> response) {
        return response.headers().firstValue("Latchkey-Error").isPresent();
    }

    private void finish(CompletableFuture<ProxyAnswer> call, HttpResponse<InputStream> response) {
        try {
            ProxyAnswer answer =
                    new ProxyAnswer(response.statusCode(), response.headers().map(), response.body());
            LatchkeyException failure = failure(response);
            if (failure != null) {
                answer.close();
                call.completeExceptionally(failure);
            } else if (!call.complete(answer)) {
                answer.close();
            }
        } catch (IOException | RuntimeException e) {
            call.completeExceptionally(api.unreachable(e));
        }
    }

    private @org.jspecify.annotations.Nullable LatchkeyException failure(HttpResponse<InputStream> response)
            throws IOException {
        Optional<String> requestId = response.headers().firstValue("X-Latchkey-Request-Id");
        if (isOurs(response)) {
            Optional<Duration> wait = Times.retryAfter(response.headers().firstValue("Retry-After"), Instant.now());
            byte[] body = response.body().readNBytes(LONGEST_ERROR);
            return LatchkeyException.of(Failure.read(response.statusCode(), requestId, wait, body));
        }
        if (requestId.isEmpty()) {
            // A login wall, or a load balancer without a server: the provider never saw the call.
            return response.statusCode() < 400 && response.statusCode() >= 300
                    ? api.redirected(
                            OPERATION, response.statusCode(), response.headers().firstValue("Location"))
                    : new LatchkeyException.Unexpected("What answers at " + api.settings.host()
                            + " is no Latchkey: its response (" + response.statusCode()
                            + ") has no X-Latchkey-Request-Id, so the provider did not get the call.");
        }
        return null;
    }
}
