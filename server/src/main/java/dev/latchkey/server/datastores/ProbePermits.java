package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.keys.HeavyWork;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;

/**
 * Runs drivers against databases named by strangers: on a few platform threads, so that a computing driver blocks no request
 * (security.md D13). An abandoned attempt keeps its thread until it really ends, and no environment's users can take all of them.
 * Thread-safe.
 */
final class ProbePermits {
    private final int all;
    private final int each;
    private final Map<UUID, Integer> taken = new HashMap<>();

    /** @param each of them that one environment's users may take */
    ProbePermits(int all, int each) {
        this.all = all;
        this.each = each;
    }

    /** Begins at once. @throws HeavyWork.BusyException when there is no place */
    <T> FutureTask<T> begin(UUID environment, Callable<T> work) {
        take(environment);
        FutureTask<T> task = new FutureTask<>(work);
        Thread thread = Thread.ofPlatform().daemon().name("datastore-probe").unstarted(() -> {
            try {
                task.run();
            } finally {
                giveBack(environment);
            }
        });
        try {
            thread.start();
        } catch (OutOfMemoryError e) {
            giveBack(environment);
            throw new HeavyWork.BusyException("No thread is left for this connection test; retry in a minute.");
        }
        return task;
    }

    private synchronized void take(UUID environment) {
        int sum = taken.values().stream().mapToInt(Integer::intValue).sum();
        if (sum >= all || taken.getOrDefault(environment, 0) >= each) {
            throw new HeavyWork.BusyException("Too many databases are being tested; retry in a few seconds.");
        }
        taken.merge(environment, 1, Integer::sum);
    }

    private synchronized void giveBack(UUID environment) {
        taken.compute(environment, (key, count) -> count == null || count == 1 ? null : count - 1);
    }
}
