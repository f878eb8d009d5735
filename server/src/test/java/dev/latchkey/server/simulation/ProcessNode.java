package dev.latchkey.server.simulation;

import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A node in a process of its own, that gets real signals. Thread-safe. */
final class ProcessNode implements Node {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final int number;
    private final DatabaseWire database;
    private final NodeProgram program;
    private final Map<String, String> environment;
    private final Birth birth;
    private final Path log;
    private final Caller caller;
    private @Nullable Process process;
    private long logged;
    private int port;
    private boolean killed;
    private int life;
    private boolean paused;
    private Duration wrong = Duration.ZERO;

    /** What is done before each of its processes starts. */
    interface Birth {
        /** @param life which process it is, from 1 */
        void of(int life) throws IOException;
    }

    ProcessNode(
            int number,
            NodeProgram program,
            Map<String, String> environment,
            Birth birth,
            DatabaseWire database,
            Path log,
            Caller caller) {
        this.number = number;
        this.birth = birth;
        this.program = program;
        this.environment = environment;
        this.database = database;
        this.log = log;
        this.caller = caller;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public DatabaseWire database() {
        return database;
    }

    @Override
    public synchronized void start() throws IOException {
        if (process != null && process.isAlive()) {
            return;
        }
        killed = false;
        port = 0;
        life++;
        paused = false;
        wrong = Duration.ZERO;
        birth.of(life);
        logged = Files.exists(log) ? Files.size(log) : 0;
        process = program.start(environment, log);
    }

    @Override
    public synchronized void awaitReady() throws IOException {
        if (port == 0) {
            port = Integer.parseInt(awaitLine("ready "));
        }
    }

    @Override
    public synchronized void kill() throws InterruptedException {
        if (process != null) {
            killed = true;
            process.destroyForcibly().waitFor();
        }
    }

    @Override
    public synchronized int life() {
        return life;
    }

    @Override
    public synchronized boolean endedByItself() {
        return hasEnded() && port() != 0;
    }

    @Override
    public synchronized boolean isDown() {
        return hasEnded() && port() == 0;
    }

    private boolean hasEnded() {
        return process != null && !process.isAlive() && !killed;
    }

    /** Once it serves: it prints it. */
    private synchronized int port() {
        if (port == 0) {
            try {
                port = line("ready ").map(Integer::parseInt).orElse(0);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return port;
    }

    @Override
    public synchronized void pause() {
        paused = true;
        signal("STOP");
    }

    @Override
    public synchronized void resume() {
        if (paused) {
            paused = false;
            signal("CONT");
        }
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

    @Override
    public synchronized void clock(Duration offset) {
        if (process == null || !process.isAlive() || offset.equals(wrong)) {
            return;
        }
        wrong = offset;
        try {
            process.getOutputStream().write(("clock " + offset.toSeconds() + "\n").getBytes(StandardCharsets.US_ASCII));
            process.getOutputStream().flush();
        } catch (IOException e) {
            // It was killed just now, and its wrong clock with it.
        }
    }

    private String awaitLine(String prefix) throws IOException {
        Awaiting.until("node " + number + " is ready; see " + log, PATIENCE, () -> {
            if (line(prefix).isEmpty() && (process == null || !process.isAlive())) {
                throw new IllegalStateException("node " + number + " does not start; see " + log);
            }
            return line(prefix).isPresent();
        });
        return line(prefix).orElseThrow();
    }

    private Optional<String> line(String prefix) throws IOException {
        String printed = printedSinceStart();
        return printed.lines()
                .filter(one -> one.startsWith(prefix))
                .findFirst()
                .filter(one -> printed.contains(one + "\n"))
                .map(one -> one.substring(prefix.length()).strip());
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

    @Override
    public Answer send(String method, String path, String body) {
        int address = port();
        return address == 0 ? Answer.NONE : caller.send(address, method, path, body);
    }

    @Override
    public synchronized void stop() throws InterruptedException {
        if (process != null) {
            signal("CONT");
            killed = true;
            process.destroyForcibly().waitFor();
        }
    }
}
