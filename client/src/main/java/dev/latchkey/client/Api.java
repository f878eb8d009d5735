package dev.latchkey.client;

import java.net.URI;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Calls to the server as its API describes them: the key, the headers, and every response that is not the one expected as an exception. */
final class Api {
    final Settings settings;
    final RequestOptions options;
    final Transport transport;

    Api(Settings settings, RequestOptions options, Transport transport) {
        this.settings = settings;
        this.options = options;
        this.transport = transport;
    }

    boolean hasKey() {
        return options.secretKey.isPresent() || settings.secretKey().isPresent();
    }

    /** @throws NotConfiguredException without a key; {@code what} begins its sentence */
    String requireKey(String what) {
        return options.secretKey.or(settings::secretKey).orElseThrow(() -> new NotConfiguredException(what));
    }

    /** Waits for the response and reads it. */
    <T> T read(ApiRequest request, Function<Json, T> reader) {
        return Transport.join(start(request, reader));
    }

    /** For what returns nothing but that it was done. */
    void done(ApiRequest request) {
        Transport.join(startDone(request));
    }

    <T> CompletableFuture<T> start(ApiRequest request, Function<Json, T> reader) {
        return mapped(send(request), answer -> {
            if (answer.body().length == 0) {
                throw unexpected(request, answer, "its response has no body");
            }
            Json json;
            try {
                json = answer.json();
            } catch (IllegalArgumentException e) {
                throw unexpected(request, answer, "its response is not JSON");
            }
            try {
                return reader.apply(json);
            } catch (IllegalArgumentException e) {
                throw unexpected(request, answer, e.getMessage() + " in its response");
            }
        });
    }

    CompletableFuture<Void> startDone(ApiRequest request) {
        return mapped(send(request), answer -> {
            boolean done = answer.status() == 204 || succeeded(answer);
            if (!done) {
                throw unexpected(request, answer, "its response does not say that it was done");
            }
            return null;
        });
    }

    private static boolean succeeded(ApiAnswer answer) {
        try {
            return answer.json().get("success").isTrue();
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    private LatchkeyException unexpected(ApiRequest request, ApiAnswer answer, String what) {
        return new LatchkeyException.Unexpected(
                "What answers at " + settings.host() + " is no Latchkey that this client understands: " + what + " ("
                        + answer.status() + ", " + request + ").");
    }

    CompletableFuture<ApiAnswer> send(ApiRequest request) {
        String key = requireKey("Calling " + request);
        Duration deadline = options.deadline.orElse(settings.deadline());
        CompletableFuture<ApiAnswer> call = transport.begin();
        transport.limit(
                call,
                deadline,
                () -> new LatchkeyException.TimedOut("No whole response from Latchkey at " + settings.host() + " to "
                        + request + " in " + deadline + ", the deadline of the call."));
        new Attempts(this, request, key, call, System.nanoTime() + deadline.toNanos()).begin();
        return call;
    }

    /** Cancelling the result cancels the call. */
    static <A, B> CompletableFuture<B> mapped(CompletableFuture<A> call, Function<A, B> reader) {
        CompletableFuture<B> result = new CompletableFuture<>();
        call.whenComplete((answer, failure) -> {
            if (failure != null) {
                result.completeExceptionally(failure);
                return;
            }
            try {
                result.complete(reader.apply(answer));
            } catch (Throwable e) {
                result.completeExceptionally(e);
            }
        });
        result.whenComplete((value, failure) -> {
            if (result.isCancelled()) {
                call.cancel(true);
            }
        });
        return result;
    }

    /** With the key and what every request has. */
    HttpRequest.Builder request(String key, String target, Map<String, String> observers) {
        HttpRequest.Builder builder = HttpRequest.newBuilder(URI.create(settings.host() + target));
        observers.forEach((name, value) -> builder.setHeader(HeaderText.name(name), HeaderText.value(name, value)));
        options.headers.forEach((name, values) -> values.forEach(value -> builder.header(name, value)));
        return builder.setHeader("Authorization", "Bearer " + key)
                .setHeader("User-Agent", UserAgent.of(settings.applicationName()));
    }

    LatchkeyException unreachable(Throwable failure) {
        return new LatchkeyException.Unreachable(
                "No response from Latchkey at " + settings.host() + ": " + Connecting.reason(failure) + ".", failure);
    }

    /** A redirect would carry the key elsewhere: it is not followed. */
    LatchkeyException redirected(String operation, int status, Optional<String> location) {
        return new LatchkeyException.Unexpected("What answers at " + settings.host() + " is no Latchkey: it responded "
                + status + " to " + operation
                + location.map(to -> ", a redirect to " + to.replaceFirst("[?#].*", ""))
                        .orElse("")
                + ". Nothing was done; correct the host (https instead of http?), or what is in front of the server.");
    }
}
