package dev.latchkey.server.refresh;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A token endpoint on the loopback interface that rotates refresh tokens and ends a grant when an old one is used (RFC 9700 section
 * 4.14.2), and that answers otherwise on demand. Refresh tokens read {@code rt-NAME-N}.
 */
public final class TokenVendor implements AutoCloseable {
    /** @param body JSON */
    public record Reply(int status, String body, Map<String, String> headers) {
        static Reply of(int status, String body) {
            return new Reply(status, body, Map.of());
        }
    }

    /** The vendor has processed it; no response arrives. */
    public static final Reply LOST = Reply.of(0, "");

    private final HttpServer server;
    private final Map<String, Integer> newest = new ConcurrentHashMap<>();
    private final Set<String> ended = ConcurrentHashMap.newKeySet();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final List<String> revoked = new CopyOnWriteArrayList<>();
    public final AtomicInteger calls = new AtomicInteger();
    public volatile int expiresIn = 3600;
    public volatile int delayMillis;
    /** Answers in place of the vendor; empty: as usual. Gets the request's parameters. */
    public volatile Function<Map<String, String>, Optional<Reply>> instead = parameters -> Optional.empty();
    /** Held back until it is counted down: after the vendor has decided, before it answers. */
    public volatile CountDownLatch gate = new CountDownLatch(0);

    public final CountDownLatch slow = new CountDownLatch(1);
    public final AtomicInteger underWay = new AtomicInteger();
    /** Added to each good answer's JSON. */
    public volatile String more = "";

    public TokenVendor() {
        try {
            server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 1_000);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/token", this::token);
        server.createContext("/lab/", this::token);
        server.createContext("/revoke", this::revoke);
        server.createContext("/slow", this::slow);
        server.start();
    }

    public String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** Names of the grants that were refreshed, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    public Set<String> ended() {
        return Set.copyOf(ended);
    }

    /** The newest refresh token of a grant. */
    public String newest(String name) {
        return "rt-" + name + "-" + newest.getOrDefault(name, 0);
    }

    /** Settings for a Latchkey that knows this vendor as provider {@code vendor}. @param auth more lines of the auth block */
    public Map<String, String> settings(Path folder, String... auth) {
        define(folder, "vendor", auth);
        Map<String, String> settings = new HashMap<>();
        settings.put("LATCHKEY_PROVIDERS_DIR", folder.toString());
        settings.put("LATCHKEY_EGRESS_ALLOW", host());
        settings.put("LATCHKEY_LAB", "false");
        return settings;
    }

    public void define(Path folder, String id, String... auth) {
        try {
            Files.writeString(folder.resolve(id + ".yaml"), """
                    id: %s
                    name: Vendor
                    tags: [other]
                    api_docs: https://vendor.example/docs
                    auth:
                      kind: oauth2_code
                      authorize: { url: "http://%s/authorize", scope: { default: [] } }
                      exchange: { url: "http://%s/token" }
                    %s
                    api: { base: "http://%s" }
                    on_delete: { call: "POST http://%s/revoke", form: { token: "${token.refresh}" } }
                    """.formatted(
                            id,
                            host(),
                            host(),
                            String.join(
                                    "\n",
                                    java.util.Arrays.stream(auth)
                                            .map(line -> "  " + line)
                                            .toList()),
                            host(),
                            host()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public void integration(Latchkey latchkey, String key) {
        latchkey.call("POST", "/integrations", """
                {"provider": "vendor", "unique_key": "%s", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "secret"}}""".formatted(key), 200);
    }

    /** Imports a connection whose refresh token is the newest of the grant of its name. @param expiresAt as JSON */
    public void connection(Latchkey latchkey, String integration, String name, String expiresAt) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "at-%s-0",
                 "refresh_token": "%s", "expires_at": "%s"}}""".formatted(integration, name, name, newest(name), expiresAt), 201);
    }

    /** Refresh tokens that were to be revoked, in order. */
    public List<String> revoked() {
        return List.copyOf(revoked);
    }

    /** Its API, on the same host: answers when {@link #slow} is counted down. */
    private void slow(HttpExchange exchange) throws IOException {
        try (exchange) {
            underWay.incrementAndGet();
            slow.await(60, TimeUnit.SECONDS);
            exchange.sendResponseHeaders(200, -1);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void revoke(HttpExchange exchange) throws IOException {
        try (exchange) {
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            revoked.add(body.replaceFirst("token=", ""));
            exchange.sendResponseHeaders(200, -1);
        }
    }

    private void token(HttpExchange exchange) throws IOException {
        try (exchange) {
            calls.incrementAndGet();
            String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            Map<String, String> parameters = new HashMap<>();
            for (String pair : body.split("&")) {
                String[] parts = pair.split("=", 2);
                parameters.put(
                        URLDecoder.decode(parts[0], StandardCharsets.UTF_8),
                        parts.length > 1 ? URLDecoder.decode(parts[1], StandardCharsets.UTF_8) : "");
            }
            Reply reply = instead.apply(parameters).orElseGet(() -> refreshed(parameters));
            gate.await(30, TimeUnit.SECONDS);
            if (delayMillis > 0) {
                Awaiting.pass(Duration.ofMillis(delayMillis));
            }
            if (reply.equals(LOST)) {
                // The connection ends without a response.
                return;
            }
            byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            reply.headers().forEach(exchange.getResponseHeaders()::add);
            exchange.sendResponseHeaders(reply.status(), bytes.length);
            exchange.getResponseBody().write(bytes);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Reply refreshed(Map<String, String> parameters) {
        String[] parts = parameters.getOrDefault("refresh_token", "rt--0").split("-");
        String name = parts[1];
        asked.add(name);
        int number = Integer.parseInt(parts[2]);
        if (ended.contains(name) || newest.getOrDefault(name, 0) != number) {
            ended.add(name);
            return Reply.of(400, "{\"error\":\"invalid_grant\",\"error_description\":\"used before\"}");
        }
        newest.put(name, number + 1);
        return Reply.of(200, """
                {"access_token":"at-%s-%d","refresh_token":"rt-%s-%d","token_type":"Bearer","expires_in":%d%s}""".formatted(name, number + 1, name, number + 1, expiresIn, more));
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
