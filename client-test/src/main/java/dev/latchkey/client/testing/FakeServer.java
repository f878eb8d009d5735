package dev.latchkey.client.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.client.Failure;
import dev.latchkey.client.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/** HTTP on the loopback address: whose request it is, which part of the fake it is for, and errors in the API's form. */
final class FakeServer implements AutoCloseable {
    static {
        // Otherwise each response waits for the client's delayed acknowledgement.
        if (System.getProperty("sun.net.httpserver.nodelay") == null) {
            System.setProperty("sun.net.httpserver.nodelay", "true");
        }
    }

    private final FakeState state;
    private final String authorization;
    private final HttpServer server;
    private final ExecutorService threads;
    private final FakeSessions sessions;
    private final FakeApi api;
    private final FakeProxy proxy;

    FakeServer(FakeState state, String secretKey) {
        this.state = state;
        this.authorization = "Bearer " + secretKey;
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.sessions = new FakeSessions(state, address());
        this.api = new FakeApi(state);
        this.proxy = new FakeProxy(state);
        this.threads = Executors.newCachedThreadPool(task -> {
            Thread thread = new Thread(task, "fake-latchkey");
            thread.setDaemon(true);
            return thread;
        });
        server.setExecutor(threads);
        server.createContext("/", this::exchange);
        server.start();
    }

    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    FakeSessions sessions() {
        return sessions;
    }

    private void exchange(HttpExchange exchange) throws IOException {
        try (exchange) {
            FakeRequest request = FakeRequest.read(exchange);
            if (state.isUnreachable()) {
                // Closed without a response.
                return;
            }
            String id = UUID.randomUUID().toString();
            exchange.getResponseHeaders().set("X-Latchkey-Request-Id", id);
            FakeStub.Answer answer = answer(request);
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            if (!exchange.getResponseHeaders().containsKey("X-Request-Id")) {
                exchange.getResponseHeaders().set("X-Request-Id", id);
            }
            boolean empty = answer.body().length == 0 || request.method().equals("HEAD");
            exchange.sendResponseHeaders(answer.status(), empty ? -1 : answer.body().length);
            if (!empty) {
                exchange.getResponseBody().write(answer.body());
            }
        }
    }

    private FakeStub.Answer answer(FakeRequest request) {
        String first = request.steps().get(0);
        try {
            Optional<Failure> next = state.nextFailure();
            if (next.isPresent()) {
                throw new FakeFailure(next.get());
            }
            Optional<FakeStub> stub = state.stubbed(
                    FakeLatchkey.API, request.method(), request.target().getRawPath());
            if (stub.isPresent()) {
                requireKey(request);
                return stub.get().next();
            }
            if (FakeSessions.isPage(request)) {
                return sessions.open(request);
            }
            if (request.operation().endsWith(" /connect/session")) {
                return sessions.own(request);
            }
            requireKey(request);
            return switch (first) {
                case "proxy" -> proxy.call(request);
                case "connect" -> sessions.create(request);
                default -> api.answer(request);
            };
        } catch (FakeFailure e) {
            return error(e.failure(), first.equals("proxy"));
        } catch (RuntimeException e) {
            return error(Failure.of(500, "fake_failed", "The fake failed: " + e), first.equals("proxy"));
        }
    }

    private void requireKey(FakeRequest request) {
        if (!request.header("authorization").filter(authorization::equals).isPresent()) {
            throw FakeFailure.of(401, "unknown_account", "The fake does not know this secret key.");
        }
    }

    static FakeStub.Answer json(int status, @Nullable Object json) {
        return new FakeStub.Answer(
                status,
                Map.of("Content-Type", "application/json"),
                Json.of(json).toString().getBytes(UTF_8));
    }

    private static FakeStub.Answer error(Failure failure, boolean proxied) {
        Map<String, @Nullable Object> error = new LinkedHashMap<>();
        error.put("code", failure.code());
        error.put("message", failure.message());
        if (!failure.details().isEmpty()) {
            error.put(
                    "errors",
                    failure.details().stream()
                            .map(one -> Map.of("code", one.code(), "message", one.message(), "path", one.path()))
                            .toList());
        }
        if (failure.payload().exists() && failure.payload().toObject() != null) {
            error.put("payload", failure.payload());
        }
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("Content-Type", "application/json");
        failure.requestId().ifPresent(id -> headers.put("X-Request-Id", id));
        failure.retryAfter()
                .ifPresent(wait -> headers.put("Retry-After", Long.toString(Math.max(0, wait.toSeconds()))));
        if (proxied) {
            headers.put("Latchkey-Error", failure.code());
        }
        return new FakeStub.Answer(
                failure.status(),
                headers,
                Json.of(Map.of("error", error)).toString().getBytes(UTF_8));
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    static List<String> texts(Json list) {
        return list.items().stream().map(Json::asText).toList();
    }
}
