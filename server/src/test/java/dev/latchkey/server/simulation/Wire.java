package dev.latchkey.server.simulation;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.latchkey.server.json.Json;
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
import java.util.function.IntFunction;
import tools.jackson.databind.node.ObjectNode;

/**
 * What lies between the nodes and the vendors: each request meets the next fate of its connection, and the ledger records what the
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
    private final IntFunction<Gate> gates;
    private final Sender sender;

    /** Whether who sent something is alive still. */
    interface Sender {
        boolean lives(int node, int life);
    }

    /** @param gates of the nodes, by number */
    Wire(Vendors vendors, IntFunction<Gate> gates, Sender sender) throws IOException {
        this.vendors = vendors;
        this.gates = gates;
        this.sender = sender;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 200);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", this::serve);
        server.start();
    }

    int port() {
        return server.getAddress().getPort();
    }

    /** A new schedule: nothing is in flight, and every request is answered until fates are given. */
    void begin(Ledger newLedger, EventLog newLog) {
        ledger = newLedger;
        log = newLog;
        fates.clear();
        traps.clear();
        healed = new CountDownLatch(1);
    }

    /** The fates of the family's requests, in order; those after them are answered. */
    void fates(String family, List<Fate> inOrder) {
        fates.put(family, new ArrayDeque<>(inOrder));
    }

    /** Runs once, when the family's next request has come and before the vendor gets it. */
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
            int life =
                    Integer.parseInt(String.valueOf(exchange.getRequestHeaders().getFirst("x-life")));
            gates.apply(node).pass();
            if (!sender.lives(node, life)) {
                return;
            }
            Fate fate = next(presented.family());
            log.add("node " + node + " asks with " + presented.id() + ": " + fate);
            Optional.ofNullable(traps.remove(presented.family())).ifPresent(Runnable::run);
            meet(exchange, new Asked(vendor, form, node, life, presented), fate);
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

    /** A request. @param life of the node in which it was sent */
    private record Asked(String vendor, String form, int node, int life, Token presented) {}

    private void meet(HttpExchange exchange, Asked asked, Fate fate) throws IOException {
        switch (fate) {
            case Fate.Refused refused -> {
                if (refused.status() == 429) {
                    exchange.getResponseHeaders().set("Retry-After", "1");
                }
                write(exchange, refused.status(), "{\"error\": \"temporarily_unavailable\"}", false);
            }
            case Fate.Garbled garbled -> write(exchange, 200, "<html>Sign in to the network", false);
            case Fate.Unreachable unreachable -> {}
            case Fate.Answered answered -> work(exchange, asked, fate, answered.lifetime());
            case Fate.Late late -> work(exchange, asked, fate, late.lifetime());
            case Fate.Lost lost -> work(exchange, asked, fate, LIFETIME);
            case Fate.Half half -> work(exchange, asked, fate, LIFETIME);
        }
    }

    private void work(HttpExchange exchange, Asked asked, Fate fate, Duration lifetime) throws IOException {
        // The answer's books are those of the schedule that asked.
        Ledger books = ledger;
        EventLog story = log;
        Token presented = asked.presented();
        HttpResponse<String> answer = vendors.token(asked.vendor(), asked.form());
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
                asked.node(),
                asked.life());
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
                gates.apply(asked.node()).pass();
                if (books.answer(grant, lifetime)) {
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
