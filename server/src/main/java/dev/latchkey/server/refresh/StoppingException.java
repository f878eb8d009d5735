package dev.latchkey.server.refresh;

/** This node stops before the awaited operation has ended: another node, or this one after its restart, can serve the request. */
public final class StoppingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    StoppingException() {
        super("this node stops");
    }
}
