package dev.latchkey.server.simulation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Seeded schedules of everything that goes wrong, on three nodes (docs/testing.md). {@code ./latchkey simulate} runs more of them,
 * with other seeds.
 */
@Tag("unproven")
class SimulationTest {
    /** Failures after these are more of the same. */
    private static final int ENOUGH = 5;

    /** Seconds: most take one or two. */
    private static final int SLOW = 30;

    @Test
    void noScheduleLosesACredentialOrRefreshesItTwice() throws Exception {
        int schedules = Integer.getInteger("simulation.schedules", 200);
        long seed = Long.getLong("simulation.seed", 1);
        List<AssertionError> failures = new ArrayList<>();
        long begin = System.nanoTime();
        try (World world = new World(Path.of("target", "simulation").toAbsolutePath())) {
            report("%d schedules from seed %d; the world stands after %.1f s", schedules, seed, since(begin));
            for (int i = 0; i < schedules && failures.size() < ENOUGH; i++) {
                long started = System.nanoTime();
                try {
                    new Run(world, Schedule.of(seed + i)).run();
                } catch (AssertionError e) {
                    failures.add(e);
                    report("FAILED %s", String.valueOf(e.getMessage()));
                }
                if (since(started) > SLOW) {
                    report("seed %d took %.1f s", seed + i, since(started));
                }
                if ((i + 1) % 100 == 0) {
                    report("%d schedules in %.1f s, %d failed", i + 1, since(begin), failures.size());
                }
            }
        }
        report("the simulation of %d schedules from seed %d took %.1f s", schedules, seed, since(begin));
        if (!failures.isEmpty()) {
            AssertionError first = failures.getFirst();
            failures.stream().skip(1).forEach(first::addSuppressed);
            throw first;
        }
    }

    private static double since(long begin) {
        return (System.nanoTime() - begin) / 1e9;
    }

    private static void report(String form, Object... values) {
        System.out.printf("simulation: " + form + "%n", values);
    }
}
