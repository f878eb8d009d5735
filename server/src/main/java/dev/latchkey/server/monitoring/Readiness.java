package dev.latchkey.server.monitoring;

import java.util.function.BooleanSupplier;

/** Whether load balancers should send requests to this node. Thread-safe. */
public final class Readiness {
    /** What {@code GET /health/ready} returns. */
    public enum State {
        READY,
        /** It does not serve yet. */
        STARTING,
        /** It still serves; a balancer should send to others. */
        STOPPING,
        DATABASE_AWAY
    }

    private final BooleanSupplier database;
    private volatile boolean started;
    private volatile boolean stopping;

    /** @param database whether it answers: within a second, whatever it does */
    public Readiness(BooleanSupplier database) {
        this.database = database;
    }

    /** It serves from now on. */
    public void started() {
        started = true;
    }

    /** Not ready from now on. */
    public void stop() {
        stopping = true;
    }

    public State state() {
        if (stopping) {
            return State.STOPPING;
        }
        if (!started) {
            return State.STARTING;
        }
        return database.getAsBoolean() ? State.READY : State.DATABASE_AWAY;
    }
}
