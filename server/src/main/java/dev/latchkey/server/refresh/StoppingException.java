package dev.latchkey.server.refresh;

/** This node stops before what was waited for has ended: another node, or this one in a moment, can answer. */
public final class StoppingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StoppingException() {
        super("this node stops");
    }
}
