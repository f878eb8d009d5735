package dev.latchkey.server.simulation;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** What a node sends and gets passes here, or waits while the node is paused. Thread-safe. */
final class Gate {
    private volatile CountDownLatch open = new CountDownLatch(0);

    synchronized void close() {
        if (open.getCount() == 0) {
            open = new CountDownLatch(1);
        }
    }

    synchronized void open() {
        open.countDown();
    }

    void pass() {
        try {
            boolean unused = open.await(90, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
