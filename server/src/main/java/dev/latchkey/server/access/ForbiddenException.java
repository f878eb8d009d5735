package dev.latchkey.server.access;

/** The actor lacks a right. Its message is for them: API and pages both show it with the status 403. */
public final class ForbiddenException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public ForbiddenException(String message) {
        super(message);
    }

    /** Never null: the constructor takes no null. */
    public String words() {
        return String.valueOf(getMessage());
    }
}
