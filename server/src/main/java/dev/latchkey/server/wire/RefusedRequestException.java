package dev.latchkey.server.wire;

/** A request that is not read any further. It gets a response, and its connection ends, since the start of the next request is unknown. */
final class RefusedRequestException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final String code;

    RefusedRequestException(int status, String code, String message) {
        super(message, null, false, false);
        this.status = status;
        this.code = code;
    }

    /** RFC 9112 section 2.2: a request that does not match the grammar. */
    static RefusedRequestException malformed(String message) {
        return new RefusedRequestException(400, "malformed_request", message);
    }

    int status() {
        return status;
    }

    String code() {
        return code;
    }

    String words() {
        return String.valueOf(getMessage());
    }
}
