package dev.latchkey.server.simulation;

import dev.latchkey.server.operations.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** One node: a process that can be killed, paused and started again on its data directory, and whose clock can be wrong. Thread-safe. */
final class Node {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    /** What a node answered; 0 and nothing when it did not answer. */
    record Answer(int status, Optional<JsonNode> body) {}

    final int number;
    final DatabaseWire database;
    private final NodeProgram program;
    private final Map<String, String> environment;
    private final Path log;
    private final String key;
    private final HttpClient http = HttpClient.newHttpClient();
    private @Nullable Process process;
    private long logged;
    private int port;
    private boolean killed;

    Node(int number, NodeProgram program, Map<String, String> environment, DatabaseWire database, Path log) {
        this.number = number;
        this.program = program;
        this.environment = environment;
        this.database = database;
        this.log = log;
        this.key = String.valueOf(environment.get("LATCHKEY_SECRET_KEY"));
    }

    /** Starts the process, unless it runs. */
    synchronized void start() throws IOException {
        if (process != null && process.isAlive()) {
            return;
        }
        killed = false;
        port = 0;
        logged = Files.exists(log) ? Files.size(log) : 0;
        process = program.start(environment, log);
    }

    /** Until it answers requests. */
    synchronized void awaitReady() throws IOException {
        if (port == 0) {
            port = Integer.parseInt(awaitLine("ready "));
        }
    }

    /** Not in the test's own way: kill -9. */
    synchronized void kill() throws InterruptedException {
        if (process != null) {
            killed = true;
            process.destroyForcibly().waitFor();
        }
    }

    /** @return whether it ended although nobody killed it */
    synchronized boolean endedByItself() {
        return process != null && !process.isAlive() && !killed;
    }

    void pause() {
        signal("STOP");
    }

    void resume() {
        signal("CONT");
    }

    private synchronized void signal(String name) {
        if (process == null || !process.isAlive()) {
            return;
        }
        try {
            new ProcessBuilder("kill", "-" + name, Long.toString(process.pid()))
                    .start()
                    .waitFor(10, TimeUnit.SECONDS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How far its clock is from the real time; known to it soon. */
    synchronized void clock(Duration offset) {
        if (process == null || !process.isAlive()) {
            return;
        }
        try {
            process.getOutputStream().write(("clock " + offset.toSeconds() + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
        } catch (IOException e) {
            // It was killed just now, and its wrong clock with it.
        }
    }

    private String awaitLine(String prefix) throws IOException {
        long limit = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < limit) {
            String printed = printedSinceStart();
            Optional<String> line = printed.lines()
                    .filter(one -> one.startsWith(prefix))
                    .findFirst()
                    .filter(one -> printed.contains(one + "\n"));
            if (line.isPresent()) {
                return line.get().substring(prefix.length()).strip();
            }
            if (process == null || !process.isAlive()) {
                throw new IllegalStateException("node " + number + " does not start; see " + log);
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(10));
        }
        throw new IllegalStateException("node " + number + " is not ready in time; see " + log);
    }

    private String printedSinceStart() throws IOException {
        if (!Files.exists(log)) {
            return "";
        }
        try (InputStream all = Files.newInputStream(log)) {
            all.skipNBytes(logged);
            return new String(all.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Also while it is dead or paused: then nothing is answered, at the latest after a minute and a half. */
    Answer send(String method, String path, String body) {
        int address;
        synchronized (this) {
            address = port;
        }
        if (address == 0) {
            return new Answer(0, Optional.empty());
        }
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address + path))
                .timeout(Duration.ofSeconds(90))
                .header("Authorization", "Bearer " + key)
                .method(
                        method,
                        body.isEmpty()
                                ? HttpRequest.BodyPublishers.noBody()
                                : HttpRequest.BodyPublishers.ofString(body));
        if (!body.isEmpty()) {
            request.header("Content-Type", "application/json");
        }
        try {
            HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
            return new Answer(
                    answer.statusCode(),
                    answer.body().startsWith("{")
                            ? Optional.of(Json.MAPPER.readTree(answer.body()))
                            : Optional.empty());
        } catch (IOException e) {
            return new Answer(0, Optional.empty());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Answer(0, Optional.empty());
        }
    }

    synchronized void stop() throws InterruptedException {
        if (process != null) {
            signal("CONT");
            killed = true;
            process.destroyForcibly().waitFor();
        }
        http.close();
    }
}
