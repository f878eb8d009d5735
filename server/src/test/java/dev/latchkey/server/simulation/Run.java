package dev.latchkey.server.simulation;

import dev.latchkey.server.simulation.Figures.Figure;
import dev.latchkey.server.simulation.Ledger.Token;
import dev.latchkey.server.simulation.Schedule.Event;
import dev.latchkey.server.simulation.Schedule.Step;
import dev.latchkey.server.simulation.Store.Row;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** One schedule, from connecting its users to the last check. */
final class Run {
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private final World world;
    private final Schedule schedule;
    private final Figures figures;
    private final EventLog log = new EventLog();
    private final Ledger ledger = new Ledger();
    private final Invariants invariants = new Invariants(ledger);
    private final List<Subject> subjects = new ArrayList<>();
    private final List<String> wrongAnswers = java.util.Collections.synchronizedList(new ArrayList<>());

    Run(World world, Schedule schedule, Figures figures) {
        this.world = world;
        this.schedule = schedule;
        this.figures = figures;
    }

    /** @throws AssertionError with the seed, the schedule and all that happened, when an invariant does not hold */
    void run() {
        try {
            world.wire.begin(ledger, log);
            List<Schedule.Start> starts = schedule.connections();
            for (int i = 0; i < starts.size(); i++) {
                subjects.add(subject(i, starts.get(i).vendor()));
            }
            forEach(subjects, subject -> connect(subject, starts.get(subject.index)));
            log.add("all are connected");
            storm();
            log.add("the storm is over");
            calm();
            log.add("all nodes serve");
            check();
        } catch (RuntimeException | AssertionError e) {
            throw failure(e + (e.getCause() == null ? "" : ", by " + e.getCause()), e);
        }
    }

    private AssertionError failure(String what, Throwable cause) {
        String rows;
        try {
            rows = subjects.stream()
                    .map(subject -> row(subject)
                            .map(row -> "  " + subject.name + " " + row + "\n" + world.store.timeline(row.id()))
                            .orElse("  " + subject.name + " is not there"))
                    .collect(Collectors.joining("\n"));
        } catch (RuntimeException e) {
            rows = "  the database does not tell: " + e;
        }
        return new AssertionError(
                "seed " + schedule.seed() + ": " + what + "\nReplay: ./latchkey simulate --schedules 1 --seed "
                        + schedule.seed() + "\n" + schedule + "what happened:\n" + log + "\nin the end:\n" + rows
                        + "\nthe nodes' logs are in " + world.folder.getParent(),
                cause);
    }

    private Subject subject(int index, String vendor) {
        // Not the seed alone: who replays a seed a hundred times does so on one database.
        return new Subject(index, "s" + schedule.seed() + "-" + index + "-" + UUID.randomUUID(), vendor);
    }

    private static void forEach(List<Subject> subjects, Consumer<Subject> work) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            subjects.forEach(subject -> running.add(threads.submit(() -> work.accept(subject))));
            for (Future<?> one : running) {
                one.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof AssertionError broken) {
                throw broken;
            }
            throw new IllegalStateException(e.getCause());
        }
    }

    private void connect(Subject subject, Schedule.Start start) {
        JsonNode tokens = world.vendors.newFamily(start.vendor());
        Token first = Token.of(tokens.path("refresh_token").asString());
        world.wire.fates(first.family(), start.fates());
        log.add("connection " + subject.index + " begins with " + first.id() + " of family " + first.family());
        ledger.imported(tokens, start.expiresIn());
        int node = 1 + subject.index % Schedule.NODES;
        // The schedule before may have cut a connection that the node's pool still holds: a caller retries a 503.
        await("connection " + subject.index + " is imported", () -> {
            Node.Answer answer = importTokens(subject, tokens, start.expiresIn(), node);
            if (answer.status() != 201 && answer.status() != 503) {
                throw new AssertionError("an import before any trouble failed: " + answer);
            }
            return answer.status() == 201;
        });
        subject.imported(first, true);
    }

    private Node.Answer importTokens(Subject subject, JsonNode tokens, Duration expiresIn, int node) {
        return world.node(node).send("POST", "/connections", """
                {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "%s",
                 "refresh_token": "%s", "expires_at": "%s"}}""".formatted(
                        subject.vendor,
                        subject.name,
                        tokens.path("access_token").asString(),
                        tokens.path("refresh_token").asString(),
                        Instant.now().plus(expiresIn)));
    }

    /** As a service manager does: a node that was started while its database was away has said so and stopped. */
    private void startWhoIsDown() {
        try {
            for (Node node : world.nodes) {
                if (node.isDown()) {
                    log.add("node " + node.number() + " did not start, and is started again");
                    node.start();
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Each event at its time, each in a thread of its own: what takes long holds nothing else up. */
    private void storm() {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            long begin = System.nanoTime();
            for (Event event : schedule.events()) {
                long wait = begin + event.at().toNanos() - System.nanoTime();
                if (wait > 0) {
                    Awaiting.pass(Duration.ofNanos(wait));
                }
                log.add("event: " + event.step());
                running.add(threads.submit(() -> take(event.step())));
            }
            // All that was broken is mended while readers still wait: they must come to their end, too.
            heal();
            long limit = System.nanoTime() + PATIENCE.multipliedBy(2).toNanos();
            for (Future<?> one : running) {
                while (!one.isDone() && System.nanoTime() < limit) {
                    startWhoIsDown();
                    Awaiting.pass(Duration.ofMillis(50));
                }
                one.get(0, TimeUnit.SECONDS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("a step did not end well", e);
        }
    }

    private void take(Step step) {
        try {
            switch (step) {
                case Step.Read read -> read(subjects.get(read.connection()), read.node(), read.force());
                case Step.Crowd crowd -> crowd(crowd);
                case Step.Override override -> override(subjects.get(override.connection()), override.node());
                case Step.Revoke revoke -> revoke(subjects.get(revoke.connection()));
                case Step.Kill kill -> {
                    kill(kill.node());
                    startAgain(kill.node(), kill.down());
                }
                case Step.KillWithoutDatabase kill -> killWithoutDatabase(kill);
                case Step.Pause pause -> {
                    world.node(pause.node()).pause();
                    Awaiting.pass(pause.duration());
                    world.node(pause.node()).resume();
                }
                case Step.ClockJump jump -> world.node(jump.node()).clock(jump.offset());
                case Step.CutDatabase cut -> world.node(cut.node()).database().cut();
                case Step.DatabaseAway away -> {
                    world.nodes.forEach(node -> node.database().leave());
                    Awaiting.pass(away.duration());
                    world.nodes.forEach(node -> node.database().heal());
                }
                case Step.LoseCommit lose -> world.node(lose.node()).database().loseNextCommit();
                case Step.RestartDatabase restart -> world.database.restart(restart.mode());
                case Step.LockTable lock -> world.store.lock(lock.mode(), lock.duration());
                case Step.StopDatabase stop -> {
                    world.store.endLeasesDuringTheStall();
                    world.database.pause();
                    Awaiting.pass(stop.duration());
                    world.database.resume();
                }
                case Step.DatabaseReadOnly readOnly -> {
                    world.store.readOnly(true);
                    world.nodes.forEach(node -> node.database().cut());
                    Awaiting.pass(readOnly.duration());
                    world.store.readOnly(false);
                    world.nodes.forEach(node -> node.database().cut());
                }
                case Step.FailOver failOver -> world.database.failOver(failOver.lag());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Node.Answer read(Subject subject, int node, boolean force) {
        Instant sent = Instant.now();
        Node.Answer answer = world.node(node).send("GET", subject.path() + (force ? "&force_refresh=true" : ""), "");
        String accessToken = accessToken(answer);
        figures.add(Figure.READS, 1);
        log.add("node " + node + " answers a " + (force ? "forced " : "") + "read of connection " + subject.index + ": "
                + answer.status()
                + (accessToken.isEmpty()
                        ? answer.body()
                                .map(body -> " " + body.at("/error/message").asString(""))
                                .orElse("")
                        : " " + Token.of(accessToken).id()));
        if (!accessToken.isEmpty()) {
            figures.add(Figure.HANDED_OUT, 1);
            ledger.seenByReader(accessToken);
            if (invariants.isLate(accessToken, sent, tolerance())) {
                figures.add(Figure.LATE_READS, 1);
                wrongAnswers.add("node " + node + " answered connection " + subject.index
                        + " with a token that was over when it was asked for, " + ledger.endOf(accessToken));
            }
            boolean own = subject.imports().stream()
                    .anyMatch(one ->
                            one.first().family().equals(Token.of(accessToken).family()));
            boolean lost = ledger.byAccessToken(accessToken)
                    .filter(grant -> ledger.receipt(grant) == Ledger.Receipt.LOST)
                    .isPresent();
            if (!own || lost) {
                figures.add(Figure.WRONG_READS, 1);
                wrongAnswers.add("node " + node + " answered connection " + subject.index + " with a token that is "
                        + (own ? "of an answer that it never got" : "not its own"));
            }
        }
        return answer;
    }

    /** Clocks that are wrong by up to a minute are believed (docs/refresh.md). */
    private Duration tolerance() {
        return schedule.has(Step.ClockJump.class) ? Duration.ofSeconds(62) : Duration.ofSeconds(2);
    }

    private static String accessToken(Node.Answer answer) {
        return answer.body()
                .map(body -> body.at("/credentials/access_token").asString(""))
                .orElse("");
    }

    private void crowd(Step.Crowd crowd) {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < crowd.readers(); i++) {
                int node = 1 + i % Schedule.NODES;
                threads.submit(() -> read(subjects.get(crowd.connection()), node, crowd.force()));
            }
        }
    }

    /** One at a time for each connection, so that it is known which came last. */
    private void override(Subject subject, int node) {
        synchronized (subject.overrides) {
            JsonNode tokens = world.vendors.newFamily(subject.vendor);
            Token first = Token.of(tokens.path("refresh_token").asString());
            // A reader may meet it before the import is answered.
            subject.imported(first, false);
            ledger.imported(tokens, Duration.ofHours(1));
            Node.Answer answer = importTokens(subject, tokens, Duration.ofHours(1), node);
            log.add("connection " + subject.index + " begins anew with " + first.id() + " of family " + first.family()
                    + ": " + answer.status());
            if (answer.status() == 201) {
                subject.imported(first, true);
            }
        }
    }

    private void revoke(Subject subject) {
        // The family that the user ends is the one that we have: which one that is must be known.
        AtomicReference<Optional<Row>> row = new AtomicReference<>(Optional.empty());
        // A restart of the database may cut this query, too: it is sent again.
        await("the database says what is to be revoked", () -> {
            row.set(row(subject));
            return true;
        });
        Objects.requireNonNull(row.get()).ifPresent(it -> {
            ledger.revoked(it.refreshToken().family());
            world.vendors.revoke(subject.vendor, it.refreshToken().family());
        });
    }

    private void killWithoutDatabase(Step.KillWithoutDatabase kill) throws IOException, InterruptedException {
        Subject subject = subjects.get(kill.connection());
        DatabaseWire toDatabase = world.node(kill.node()).database();
        world.wire.onNextRequest(subject.current().getLast().family(), toDatabase::leave);
        read(subject, kill.node(), true);
        kill(kill.node());
        toDatabase.heal();
        startAgain(kill.node(), kill.down());
    }

    private void kill(int node) throws IOException, InterruptedException {
        settle();
        world.node(node).kill();
        ledger.killed(node, world.node(node).life());
        log.add("node " + node + " is dead");
    }

    private void startAgain(int node, Duration down) throws IOException {
        Awaiting.pass(down);
        world.node(node).start();
    }

    /** What the database has already, no kill may take away again. */
    private void settle() {
        try {
            world.store.rows(names()).values().forEach(row -> ledger.seenInDatabase(row.refreshToken()));
        } catch (RuntimeException e) {
            log.add("the database is away; what was answered to the node is in doubt");
        }
    }

    private List<String> names() {
        return subjects.stream().map(subject -> subject.name).toList();
    }

    private void heal() throws InterruptedException {
        // The vendors first: a trap of theirs takes a database away.
        world.wire.heal();
        world.nodes.forEach(node -> {
            node.database().heal();
            node.resume();
            node.clock(Duration.ZERO);
        });
        log.add("everything is mended");
    }

    private void calm() {
        try {
            heal();
            for (Node node : world.nodes) {
                if (node.endedByItself()) {
                    throw new AssertionError("node " + node.number() + " ended by itself");
                }
                serve(node);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        await("the database is back", world.store::answers);
        await("no request is under way", () -> world.wire.inFlight() == 0);
    }

    /** Until it serves: it may be in the midst of a start that its database's restart has cut off. */
    private void serve(Node node) throws IOException {
        for (int tries = 1; ; tries++) {
            node.start();
            try {
                node.awaitReady();
                return;
            } catch (IllegalStateException e) {
                log.add("node " + node.number() + " does not start: " + e.getCause());
                if (tries == 5) {
                    throw e;
                }
            }
        }
    }

    private Optional<Row> row(Subject subject) {
        return Optional.ofNullable(world.store.rows(List.of(subject.name)).get(subject.name));
    }

    private void check() {
        // First everything that was under way comes to its end by itself, then each connection must still work.
        forEach(subjects, this::nothingIsLost);
        forEach(subjects, this::lastRead);
        await("no request is under way", () -> world.wire.inFlight() == 0);
        for (Subject subject : subjects) {
            nothingIsLost(subject);
            awaitNothing(
                    subject,
                    Figure.NOT_REPORTED_ONCE,
                    () -> invariants.everyRefreshIsReportedOnce(subject, stored(subject)));
            Row row = stored(subject);
            never(subject, Figure.USED_TWICE, invariants.noTokenIsUsedTwice(subject));
            never(subject, Figure.FALSE_RECONNECTS, invariants.noHealthyConnectionNeedsAuthorization(subject, row));
            world.webhooks.expect(subject.name, row);
            invariants.count(subject, row, figures);
        }
        if (!wrongAnswers.isEmpty()) {
            throw new AssertionError(String.join("; ", wrongAnswers));
        }
        figures.add(Figure.SCHEDULES, 1);
        world.store.delete(names());
    }

    private void nothingIsLost(Subject subject) {
        awaitNothing(subject, Figure.LOST, () -> invariants.nothingReceivedIsLost(subject, stored(subject)));
    }

    private Row stored(Subject subject) {
        return row(subject).orElseThrow(() -> new AssertionError("connection " + subject.index + " is not there"));
    }

    /** With everything mended, a forced refresh works, unless the vendor has ended the family for a reason of its own. */
    private void lastRead(Subject subject) {
        int node = 1 + (subject.index + 1) % Schedule.NODES;
        int before = ledger.grants();
        // The first may join a refresh that failed before everything was mended, or find a connection that was cut.
        await("connection " + subject.index + " is refreshed, or its family has ended and it says so", () -> {
            Node.Answer answer = read(subject, node, true);
            boolean refreshed = answer.status() == 200
                    && ledger.byAccessToken(accessToken(answer))
                            .filter(grant -> grant.number > before)
                            .isPresent();
            return refreshed || isOver(stored(subject));
        });
    }

    /** Its vendor has ended it, and whoever looks sees that something is wrong: at first it may be taken for passing. */
    private boolean isOver(Row row) {
        return ledger.hasEnded(row.refreshToken().family()) && row.failure().isPresent();
    }

    private void awaitNothing(Subject subject, Figure broken, Supplier<Optional<String>> problem) {
        AtomicReference<Optional<String>> found = new AtomicReference<>(Optional.empty());
        try {
            Awaiting.until("no problem", PATIENCE, () -> {
                Optional<String> now = seen(problem);
                found.set(now);
                return now.isEmpty();
            });
        } catch (AssertionError e) {
            never(subject, broken, Objects.requireNonNull(found.get()));
        }
    }

    /** The simulation's own pool holds connections that a restart of the database has cut. */
    private static Optional<String> seen(Supplier<Optional<String>> problem) {
        try {
            return problem.get();
        } catch (RuntimeException e) {
            return Optional.of("the database does not answer: " + e.getMessage());
        }
    }

    private void never(Subject subject, Figure broken, Optional<String> problem) {
        problem.ifPresent(what -> {
            figures.add(broken, 1);
            throw new AssertionError("connection " + subject.index + ": " + what);
        });
    }

    private static void await(String what, BooleanSupplier condition) {
        Awaiting.until(
                what,
                PATIENCE,
                () -> seen(() -> condition.getAsBoolean() ? Optional.empty() : Optional.of(what))
                        .isEmpty());
    }
}
