package dev.latchkey.server.pages;

/** The page does not exist, or not for this member. */
public final class PageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    private PageException(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    public static PageException notFound(String message) {
        return new PageException(404, message);
    }

    public static PageException forbidden(String message) {
        return new PageException(403, message);
    }

    public static PageException wrong(String message) {
        return new PageException(400, message);
    }

    public static PageException tooMany(String message) {
        return new PageException(429, message);
    }

    public int status() {
        return status;
    }

    public String words() {
        return String.valueOf(getMessage());
    }
}
