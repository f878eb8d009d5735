package dev.latchkey.server.simulation;

import dev.latchkey.server.simulation.Figures.Figure;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Seeded schedules of everything that goes wrong, on three nodes (docs/testing.md). {@code ./latchkey simulate} runs more of them,
 * with other seeds.
 */
class SimulationTest {
    /** Failures after these are more of the same. */
    private static final int ENOUGH = 5;

    /** Seconds: most take one. */
    private static final int SLOW = 10;

    /** Of the whole process: CI's second try of a failed test (docs/decisions/017) does not undo a credential that was lost. */
    private static final List<AssertionError> FAILURES = Collections.synchronizedList(new ArrayList<>());

    private final long begin = System.nanoTime();
    /** In seconds: no schedule begins after it. */
    private final double limit = 60.0 * Integer.getInteger("simulation.minutes", 24 * 60);

    private final Figures figures = new Figures();

    @Test
    void noScheduleLosesACredentialOrRefreshesItTwice() throws Exception {
        if (!FAILURES.isEmpty()) {
            throw FAILURES.getFirst();
        }
        int schedules = Integer.getInteger("simulation.schedules", 300);
        long seed = Long.getLong("simulation.seed", 1);
        // A schedule mostly waits: two worlds side by side use two cores.
        int worlds = Math.min(schedules, Integer.getInteger("simulation.worlds", 2));
        Path folder = Files.createDirectories(Path.of("target", "simulation").toAbsolutePath());
        AtomicInteger next = new AtomicInteger();
        report("%d schedules from seed %d in %d worlds", schedules, seed, worlds);
        try (NodeLogs logs = new NodeLogs(folder.resolve("nodes.log"));
                ExecutorService threads = Executors.newFixedThreadPool(worlds)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < worlds; i++) {
                running.add(threads.submit(() -> {
                    run(folder, schedules, seed, next);
                    return true;
                }));
            }
            for (Future<?> one : running) {
                one.get();
            }
        }
        report("the simulation of %d schedules from seed %d took %.1f s", next.get(), seed, since(begin));
        figures.toString().lines().forEach(line -> report("%s", line));
        if (!FAILURES.isEmpty()) {
            AssertionError first = FAILURES.getFirst();
            FAILURES.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }

    private void run(Path folder, int schedules, long seed, AtomicInteger next) throws Exception {
        try (World world = new World(folder, Boolean.getBoolean("simulation.processes"))) {
            report("a world is ready after %.1f s", since(begin));
            while (FAILURES.size() < ENOUGH && since(begin) < limit) {
                int mine = next.getAndUpdate(number -> Math.min(number + 1, schedules));
                if (mine == schedules) {
                    break;
                }
                long started = System.nanoTime();
                try {
                    new Run(world, Schedule.of(seed + mine), figures).run();
                } catch (AssertionError e) {
                    FAILURES.add(e);
                    report("FAILED %s", String.valueOf(e.getMessage()));
                    world.restore();
                }
                if (since(started) > SLOW) {
                    report(
                            "seed %d took %.1f s: %s",
                            seed + mine,
                            since(started),
                            Schedule.of(seed + mine).slow());
                }
                if ((mine + 1) % 100 == 0) {
                    report("%d schedules in %.1f s, %d failed", mine + 1, since(begin), FAILURES.size());
                }
            }
            webhooks(world);
        }
    }

    /** Of all its schedules: none holds the next one up. */
    private void webhooks(World world) {
        List<String> missing = world.webhooks.missing(Webhooks.PATIENCE);
        figures.add(Figure.WEBHOOKS, world.webhooks.expected());
        figures.add(Figure.WEBHOOKS_LOST, missing.size());
        if (!missing.isEmpty()) {
            FAILURES.add(new AssertionError(String.join("\n", missing)));
            report("FAILED %s", String.join("\n", missing));
        }
    }

    private static double since(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    private static void report(String form, Object... values) {
        System.out.printf("simulation: " + form + "%n", values);
    }
}
