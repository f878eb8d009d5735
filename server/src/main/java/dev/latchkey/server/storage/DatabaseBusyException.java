package dev.latchkey.server.storage;

/** No connection became free in time; the caller may retry. */
public final class DatabaseBusyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DatabaseBusyException() {
        super("the database is busy");
    }
}
