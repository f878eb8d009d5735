package dev.latchkey.server.simulation;

import dev.latchkey.server.Application;
import dev.latchkey.server.configuration.Configuration;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A node in the simulation's own process, which starts in a fraction of a second. Killing it takes the world away from it: from one
 * moment on nothing that it sends reaches the database, a vendor or a caller, and the next life begins on its disk as it was then.
 * Its threads end later, unnoticed. Pausing holds back everything that it sends and gets.
 */
final class ThreadNode implements Node {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    /** A start of its own for each life: one that was killed while it started waits for its database for a minute. */
    private static final Executor STARTS =
            start -> Thread.ofPlatform().daemon().name("node-start").start(start);

    /**
     * @param data its disk
     * @param end what its callers get then
     */
    private record Life(
            int number,
            Path data,
            DatabaseWire database,
            CompletableFuture<Application> application,
            CompletableFuture<Answer> end) {}

    private final int number;
    private final Settings settings;
    private final Path folder;
    private final int databasePort;
    private final Gate gate;
    private final Caller caller;
    private volatile @Nullable Life current;
    private volatile int lives;
    private volatile Duration wrong = Duration.ZERO;

    /** A node's settings in one of its lives. */
    interface Settings {
        Map<String, String> of(int life, DatabaseWire database, Path data) throws IOException;
    }

    /** @param gate passed by all that it exchanges with vendors, too */
    ThreadNode(int number, Settings settings, Path folder, int databasePort, Gate gate, Caller caller) {
        this.number = number;
        this.settings = settings;
        this.folder = folder;
        this.databasePort = databasePort;
        this.gate = gate;
        this.caller = caller;
    }

    @Override
    public int number() {
        return number;
    }

    @Override
    public DatabaseWire database() {
        Life life = current;
        if (life == null) {
            throw new IllegalStateException("node " + number + " was never started");
        }
        return life.database();
    }

    @Override
    public synchronized void start() throws IOException {
        Life before = current;
        if (before != null && !before.database().isClosed()) {
            if (!before.application().isCompletedExceptionally()) {
                return;
            }
            before.database().close();
        }
        int life = lives + 1;
        Path data = folder.resolve("data" + number + "-" + life);
        Files.createDirectories(data);
        if (before != null) {
            copy(before.data(), data);
        }
        DatabaseWire database = new DatabaseWire(databasePort, gate);
        Map<String, String> environment = new HashMap<>(settings.of(life, database, data));
        current = new Life(
                life,
                data,
                database,
                CompletableFuture.supplyAsync(() -> started(environment), STARTS),
                new CompletableFuture<>());
        lives = life;
    }

    private Application started(Map<String, String> environment) {
        return Application.start(
                Configuration.fromEnvironment(environment), () -> Instant.now().plus(wrong));
    }

    /** Files of the journal may change while they are copied, as they do while a process is killed. */
    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes unused) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes unused) throws IOException {
                try {
                    Files.copy(file, to.resolve(from.relativize(file)));
                } catch (NoSuchFileException e) {
                    // Deleted just now.
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    @Override
    public void awaitReady() throws IOException {
        Life life = current;
        if (life == null) {
            throw new IllegalStateException("node " + number + " was never started");
        }
        try {
            life.application().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("node " + number + " does not start", e);
        }
    }

    @Override
    public synchronized void kill() throws IOException {
        Life life = current;
        if (life == null || life.database().isClosed()) {
            return;
        }
        life.database().close();
        life.end().complete(Answer.NONE);
        life.application()
                .whenComplete((application, failure) -> Thread.ofVirtual().start(() -> {
                    if (application != null) {
                        application.close();
                    }
                }));
    }

    @Override
    public int life() {
        return lives;
    }

    /** Whether what comes from this life was sent by a node that lives. */
    boolean lives(int life) {
        Life now = current;
        return now != null && now.number() == life && !now.database().isClosed();
    }

    @Override
    public boolean endedByItself() {
        // Its process is shared by all.
        return false;
    }

    @Override
    public boolean isDown() {
        Life life = current;
        return life != null && !life.database().isClosed() && life.application().isCompletedExceptionally();
    }

    @Override
    public void pause() {
        gate.close();
    }

    @Override
    public void resume() {
        gate.open();
    }

    @Override
    public void clock(Duration offset) {
        wrong = offset;
    }

    @Override
    public Answer send(String method, String path, String body) {
        Life life = current;
        if (life == null || !life.application().isDone()) {
            return Answer.NONE;
        }
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                gate.pass();
                Answer said = caller.send(life.application().join().port(), method, path, body);
                gate.pass();
                answer.complete(said);
            } catch (CompletionException e) {
                answer.complete(Answer.NONE);
            }
        });
        CompletableFuture.anyOf(answer, life.end()).join();
        // What a dead node would have said is lost.
        return lives(life.number()) ? answer.join() : Answer.NONE;
    }

    @Override
    public void stop() {
        try {
            gate.open();
            kill();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
