package dev.latchkey.server.http;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** Limits things that stay open, per address and in all, so that no single address takes all of them. Thread-safe. */
public final class Permits {
    private final int mostOfAnAddress;
    private final int most;
    private final Map<String, Integer> taken = new ConcurrentHashMap<>();
    private final AtomicInteger all = new AtomicInteger();

    public Permits(int mostOfAnAddress, int most) {
        this.mostOfAnAddress = mostOfAnAddress;
        this.most = most;
    }

    /** Held until it is closed; closing it again has no effect. */
    public final class Permit implements AutoCloseable {
        private final String address;
        private final AtomicBoolean given = new AtomicBoolean();

        private Permit(String address) {
            this.address = address;
        }

        @Override
        public void close() {
            if (given.compareAndSet(false, true)) {
                giveBack(address);
            }
        }
    }

    /** Empty if the address has reached its limit, or all are taken. */
    public Optional<Permit> take(String address) {
        if (all.incrementAndGet() > most) {
            all.decrementAndGet();
            return Optional.empty();
        }
        if (taken.merge(address, 1, Integer::sum) > mostOfAnAddress) {
            giveBack(address);
            return Optional.empty();
        }
        return Optional.of(new Permit(address));
    }

    public int taken() {
        return all.get();
    }

    private void giveBack(String address) {
        taken.computeIfPresent(address, (key, number) -> number > 1 ? number - 1 : null);
        all.decrementAndGet();
    }
}
