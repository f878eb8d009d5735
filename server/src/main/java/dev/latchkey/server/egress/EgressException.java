package dev.latchkey.server.egress;

/** A request that left no answer. The message names no secret. */
public final class EgressException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public enum Kind {
        /** The address may not be called. */
        FORBIDDEN,
        TIMEOUT,
        UNREACHABLE,
        TOO_LARGE
    }

    private final Kind kind;

    public EgressException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
