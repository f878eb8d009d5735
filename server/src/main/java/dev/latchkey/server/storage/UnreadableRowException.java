package dev.latchkey.server.storage;

/** A requested row exists and cannot be read. Carries no value of it. */
public final class UnreadableRowException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final String what;
    private final String ids;

    /**
     * @param what it contains, as one word: {@code connection}
     * @param ids the names of its columns with their values
     */
    UnreadableRowException(String what, String ids, String reason, Throwable cause) {
        super(reason, cause);
        this.what = what;
        this.ids = ids;
    }

    /** For an error code. */
    public String what() {
        return what;
    }

    /** What happened, to which row, and what to do about it. */
    public String words() {
        return "The stored row of this " + what.replace('_', ' ') + " (" + ids + ") cannot be read: " + getMessage()
                + ". " + remedy();
    }

    private String remedy() {
        return switch (what) {
            case "connection" ->
                "Restore the row or its encryption key from a backup, or authorize or import the connection again; deleting it works, too.";
            case "integration" ->
                "Restore the row or its encryption key from a backup, or set its credentials again by PATCH; deleting it works, too.";
            case "connect_session" -> "Create a new session.";
            case "signing_key" -> "Restore the encryption key from a backup, or rotate the signing key.";
            case "authorization_flow" -> "Start again.";
            default -> "Restore the row or its encryption key from a backup, or replace it.";
        };
    }
}
