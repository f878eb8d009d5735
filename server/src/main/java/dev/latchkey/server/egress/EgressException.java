package dev.latchkey.server.egress;

/** A request without a response. The message contains no secret. */
public final class EgressException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public enum Kind {
        /** The address may not be called. */
        FORBIDDEN,
        /** Nothing was sent. */
        NOT_CONNECTED,
        /** Nothing was sent, for lack of capacity here: not a fault of the host. */
        BUSY,
        TIMEOUT,
        UNREACHABLE,
        TOO_LARGE,
        /** The caller is gone, or the time for the whole call is over. */
        CANCELLED
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
