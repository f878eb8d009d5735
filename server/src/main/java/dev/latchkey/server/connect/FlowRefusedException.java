package dev.latchkey.server.connect;

/** A flow cannot begin or succeed. The message is for the end user and contains no secret. */
public final class FlowRefusedException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String code;

    public FlowRefusedException(String code, String message) {
        super(message, null, false, false);
        this.code = code;
    }

    /** As the API's errors have them. */
    public String code() {
        return code;
    }

    public String text() {
        return String.valueOf(getMessage());
    }
}
