package dev.latchkey.server.simulation;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.simulation.Ledger.Grant;
import dev.latchkey.server.simulation.Ledger.Token;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import tools.jackson.databind.node.ObjectNode;

/**
 * What lies between the nodes and the vendors: each request meets the next fate of its connection, and the ledger is told what the
 * vendor did and what was answered. Thread-safe.
 */
final class Wire implements AutoCloseable {
    private static final Duration LIFETIME = Duration.ofHours(1);

    static {
        // Without it each answer waits for a delayed acknowledgement.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final Vendors vendors;
    private final HttpServer server;
    private final Map<String, Deque<Fate>> fates = new ConcurrentHashMap<>();
    private final Map<String, Runnable> traps = new ConcurrentHashMap<>();
    private final AtomicInteger inFlight = new AtomicInteger();
    private volatile CountDownLatch healed = new CountDownLatch(1);
    private volatile Ledger ledger = new Ledger();
    private volatile EventLog log = new EventLog();
    private volatile BiConsumer<Integer, Token> heard = (node, token) -> {};

    Wire(Vendors vendors) throws IOException {
        this.vendors = vendors;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /**
     * A new schedule: nothing is in flight, and every request is answered until fates are given.
     *
     * @param onRequest hears of each request, by node and refresh token, before the vendor does
     */
    void begin(Ledger newLedger, EventLog newLog, BiConsumer<Integer, Token> onRequest) {
        ledger = newLedger;
        heard = onRequest;
        log = newLog;
        fates.clear();
        traps.clear();
        healed = new CountDownLatch(1);
    }

    /** The fates of the family's requests, in order; those after them are answered. */
    void fates(String family, List<Fate> inOrder) {
        fates.put(family, new ArrayDeque<>(inOrder));
    }

    /** Runs once, when the family's next request has come and before the vendor hears of it. */
    void onNextRequest(String family, Runnable trap) {
        traps.put(family, trap);
    }

    /** From now on every request is answered at once; late answers go out. */
    void heal() {
        fates.clear();
        traps.clear();
        healed.countDown();
    }

    /** Requests whose answers are still held or being written. */
    int inFlight() {
        return inFlight.get();
    }

    private void serve(HttpExchange exchange) throws IOException {
        inFlight.incrementAndGet();
        try (exchange) {
            String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            String vendor = exchange.getRequestURI().getPath().split("/")[1];
            int node =
                    Integer.parseInt(String.valueOf(exchange.getRequestHeaders().getFirst("x-node")));
            Token presented = Token.of(String.valueOf(Vendors.form(form).get("refresh_token")));
            Fate fate = next(presented.family());
            log.add("node " + node + " asks with " + presented.id() + ": " + fate);
            heard.accept(node, presented);
            Optional.ofNullable(traps.remove(presented.family())).ifPresent(Runnable::run);
            meet(exchange, vendor, form, node, presented, fate);
        } catch (IOException e) {
            // The node is gone, or tired of waiting.
            log.add("an answer could not be written: " + e.getMessage());
            throw e;
        } finally {
            inFlight.decrementAndGet();
        }
    }

    private Fate next(String family) {
        return Optional.ofNullable(fates.get(family))
                .map(waiting -> {
                    synchronized (waiting) {
                        return waiting.poll();
                    }
                })
                .orElse(new Fate.Answered(LIFETIME));
    }

    private void meet(HttpExchange exchange, String vendor, String form, int node, Token presented, Fate fate)
            throws IOException {
        switch (fate) {
            case Fate.Refused refused -> {
                if (refused.status() == 429) {
                    exchange.getResponseHeaders().set("Retry-After", "1");
                }
                write(exchange, refused.status(), "{\"error\": \"temporarily_unavailable\"}", false);
            }
            case Fate.Garbled garbled -> write(exchange, 200, "<html>Sign in to the network", false);
            case Fate.Unreachable unreachable -> {}
            case Fate.Answered answered -> work(exchange, vendor, form, node, presented, fate, answered.lifetime());
            case Fate.Late late -> work(exchange, vendor, form, node, presented, fate, late.lifetime());
            case Fate.Lost lost -> work(exchange, vendor, form, node, presented, fate, LIFETIME);
            case Fate.Half half -> work(exchange, vendor, form, node, presented, fate, LIFETIME);
        }
    }

    private void work(
            HttpExchange exchange, String vendor, String form, int node, Token presented, Fate fate, Duration lifetime)
            throws IOException {
        // The answer's books are those of the schedule that asked.
        Ledger books = ledger;
        EventLog story = log;
        HttpResponse<String> answer = vendors.token(vendor, form);
        if (answer.statusCode() != 200) {
            story.add("the vendor refuses " + presented.id() + ": " + answer.body());
            if (answer.body().contains("invalid_grant")) {
                books.refused(presented);
            }
            write(exchange, answer.statusCode(), answer.body(), false);
            return;
        }
        ObjectNode json = (ObjectNode) Json.MAPPER.readTree(answer.body());
        Grant grant = books.granted(
                presented,
                json.get("refresh_token").asString(),
                json.get("access_token").asString(),
                node);
        story.add("the vendor grants " + grant);
        json.put("expires_in", lifetime.toSeconds());
        switch (fate) {
            case Fate.Lost lost -> books.lost(grant);
            case Fate.Half half -> {
                books.lost(grant);
                write(exchange, 200, json.toString(), true);
            }
            default -> {
                if (fate instanceof Fate.Late late) {
                    await(late.delay());
                }
                if (books.answer(grant)) {
                    try {
                        write(exchange, 200, json.toString(), false);
                        story.add("answered " + grant);
                    } catch (IOException e) {
                        books.lost(grant);
                        throw e;
                    }
                }
            }
        }
    }

    private void await(Duration delay) {
        try {
            boolean early = healed.await(delay.toMillis(), TimeUnit.MILLISECONDS);
            if (early) {
                log.add("a late answer goes out");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void write(HttpExchange exchange, int status, String body, boolean half) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes, 0, half ? bytes.length / 2 : bytes.length);
        exchange.getResponseBody().flush();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
