package dev.latchkey.spring;

import dev.latchkey.client.LatchkeyException;

/**
 * The current user has to connect an account, or to authorize again. Without a handler of the application's own it becomes a problem
 * (RFC 9457) with status 409 and the link in {@code authorize_url}.
 */
public final class AuthorizationRequiredException extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final transient UserConnection connection;

    AuthorizationRequiredException(UserConnection connection, LatchkeyException cause) {
        super("The user must authorize '" + connection.integration() + "': " + cause.getMessage(), cause);
        this.connection = connection;
    }

    /** The connection that does not work. */
    public UserConnection connection() {
        return connection;
    }
}
