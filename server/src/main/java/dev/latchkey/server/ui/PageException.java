package dev.latchkey.server.ui;

/** There is no such page, or not for this member. */
final class PageException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int status;

    private PageException(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    static PageException notFound(String message) {
        return new PageException(404, message);
    }

    static PageException forbidden(String message) {
        return new PageException(403, message);
    }

    static PageException wrong(String message) {
        return new PageException(400, message);
    }

    static PageException tooMany(String message) {
        return new PageException(429, message);
    }

    int status() {
        return status;
    }

    String words() {
        return String.valueOf(getMessage());
    }
}
