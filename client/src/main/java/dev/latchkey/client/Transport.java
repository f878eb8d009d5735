package dev.latchkey.client;

import java.lang.reflect.InvocationTargetException;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** The connections of a client, its threads and its timer, and the calls that are under way, until it is closed. */
final class Transport implements AutoCloseable {
    /** Waits before another attempt; the border to the clock, so that tests need none. */
    @FunctionalInterface
    interface Waiting {
        CompletableFuture<Void> await(Duration time);
    }

    final HttpClient http;
    final Waiting waiting;
    private final boolean ownsHttp;
    private final ExecutorService threads;
    private final ScheduledThreadPoolExecutor timer;
    private final Duration grace;
    private final Set<CompletableFuture<?>> running = ConcurrentHashMap.newKeySet();
    private volatile boolean closed;

    Transport(Settings settings, java.util.Optional<Waiting> waiting) {
        this.threads = Executors.newCachedThreadPool(task -> daemon(task, "latchkey-client"));
        this.timer = new ScheduledThreadPoolExecutor(1, task -> daemon(task, "latchkey-client-timer"));
        timer.setRemoveOnCancelPolicy(true);
        this.ownsHttp = settings.httpClient().isEmpty();
        this.http = settings.httpClient().orElseGet(() -> http(settings, threads));
        this.grace = settings.grace();
        this.waiting = waiting.orElse(this::pause);
    }

    private static Thread daemon(Runnable task, String name) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    private static HttpClient http(Settings settings, ExecutorService threads) {
        boolean secure = "https".equalsIgnoreCase(settings.host().getScheme());
        HttpClient.Builder builder = HttpClient.newBuilder()
                // A redirect would carry the key elsewhere.
                .followRedirects(HttpClient.Redirect.NEVER)
                .version(secure ? HttpClient.Version.HTTP_2 : HttpClient.Version.HTTP_1_1)
                .connectTimeout(settings.timeout())
                .executor(threads);
        settings.tls().ifPresent(builder::sslContext);
        settings.proxy().ifPresent(proxy -> builder.proxy(selector(proxy)));
        return builder.build();
    }

    private static ProxySelector selector(URI proxy) {
        return ProxySelector.of(new InetSocketAddress(proxy.getHost(), proxy.getPort()));
    }

    /** A call that {@link #close} waits for, and then cancels. @throws IllegalStateException when the client is closed */
    <T> CompletableFuture<T> begin() {
        CompletableFuture<T> call = new CompletableFuture<>();
        running.add(call);
        call.whenComplete((result, failure) -> running.remove(call));
        if (closed) {
            running.remove(call);
            throw new IllegalStateException("this Latchkey client is closed");
        }
        return call;
    }

    /** Fails it with {@code late} unless it completes in time. */
    void limit(CompletableFuture<?> call, Duration time, Supplier<? extends Throwable> late) {
        Future<?> alarm = after(time, () -> call.completeExceptionally(late.get()));
        call.whenComplete((result, failure) -> alarm.cancel(false));
    }

    /** Fails it once nothing has happened for the limit of the moment. */
    void watch(
            CompletableFuture<?> call,
            LongSupplier lastNanos,
            Supplier<Duration> limit,
            Supplier<? extends Throwable> late) {
        long left = limit.get().toNanos() - (System.nanoTime() - lastNanos.getAsLong());
        if (left <= 0) {
            call.completeExceptionally(late.get());
        } else {
            Future<?> look = after(Duration.ofNanos(left), () -> watch(call, lastNanos, limit, late));
            call.whenComplete((result, failure) -> look.cancel(false));
        }
    }

    /** Runs it on a thread of the pool: what completes a call runs the caller's own code, which must not stop the timer. */
    Future<?> after(Duration time, Runnable task) {
        return timer.schedule(() -> threads.execute(task), time.toNanos(), TimeUnit.NANOSECONDS);
    }

    private CompletableFuture<Void> pause(Duration time) {
        CompletableFuture<Void> end = new CompletableFuture<>();
        after(time, () -> end.complete(null));
        return end;
    }

    /** Runs blocking code on a thread of the client. */
    <T> CompletableFuture<T> run(Supplier<T> code) {
        CompletableFuture<T> call = begin();
        Future<?> work = threads.submit(() -> {
            try {
                call.complete(code.get());
            } catch (Throwable e) {
                call.completeExceptionally(e);
            }
        });
        call.whenComplete((result, failure) -> {
            if (call.isCancelled()) {
                work.cancel(true);
            }
        });
        return call;
    }

    /** Waits for a call on the caller's thread; an interrupt cancels it. */
    static <T> T join(CompletableFuture<T> call) {
        try {
            return call.get();
        } catch (InterruptedException e) {
            call.cancel(true);
            Thread.currentThread().interrupt();
            throw new LatchkeyException.Unreachable("The call was interrupted.", e);
        } catch (ExecutionException e) {
            throw thrown(Objects.requireNonNull(e.getCause()));
        }
    }

    /** With the stack of the caller, who does not know the client's threads. */
    static RuntimeException thrown(Throwable failure) {
        if (failure instanceof java.util.concurrent.CompletionException && failure.getCause() != null) {
            return thrown(failure.getCause());
        }
        failure.fillInStackTrace();
        if (failure instanceof RuntimeException known) {
            return known;
        }
        if (failure instanceof Error error) {
            throw error;
        }
        return new LatchkeyException.Unreachable("The call failed.", failure);
    }

    /** Refuses new calls, waits for those that are under way for the grace period, and cancels the others. */
    @Override
    public void close() {
        closed = true;
        List<CompletableFuture<?>> left = List.copyOf(running);
        try {
            CompletableFuture.allOf(left.toArray(CompletableFuture<?>[]::new))
                    .get(grace.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            // Their callers have the failure.
        }
        for (CompletableFuture<?> call : List.copyOf(running)) {
            call.completeExceptionally(
                    new LatchkeyException.Unreachable("The Latchkey client was closed during the call.", null));
        }
        timer.shutdownNow();
        if (ownsHttp) {
            closeAtOnce(http);
        }
        threads.shutdownNow();
    }

    /** Java 21 added a method for this; on older versions, idle connections close by themselves. */
    private static void closeAtOnce(HttpClient http) {
        try {
            HttpClient.class.getMethod("shutdownNow").invoke(http);
        } catch (NoSuchMethodException | IllegalAccessException | InvocationTargetException e) {
            // Java 17.
        }
    }
}
