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

    private final boolean untrusted;

    public EgressException(Kind kind, String message) {
        this(kind, message, false);
    }

    private EgressException(Kind kind, String message, boolean untrusted) {
        super(message);
        this.kind = kind;
        this.untrusted = untrusted;
    }

    /** {@code NOT_CONNECTED} since TLS failed, most often for the server's certificate. */
    static EgressException untrusted(String message) {
        return new EgressException(Kind.NOT_CONNECTED, message, true);
    }

    /** Whether it failed in TLS. */
    public boolean isUntrusted() {
        return untrusted;
    }

    public Kind kind() {
        return kind;
    }
}
