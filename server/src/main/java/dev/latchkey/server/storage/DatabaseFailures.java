package dev.latchkey.server.storage;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.JdbiException;

/** What a failed statement means: gave up on a lock, not reached, or in conflict with another. */
public final class DatabaseFailures {
    private DatabaseFailures() {}

    /** Whether a statement gave up because another transaction holds a lock that it needs. */
    public static boolean isLocked(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && "55P03".equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    /** Whether a failure means that the database was not reached, so that the same work may succeed later. */
    public static boolean isAway(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof DatabaseBusyException || cause instanceof SQLTransientConnectionException) {
                return true;
            }
            // Class 08: connection exceptions; 57P: an operator's intervention; 53: out of connections, memory, disk.
            if (cause instanceof SQLException sql
                    && sql.getSQLState() != null
                    && (sql.getSQLState().startsWith("08")
                            || sql.getSQLState().startsWith("57P")
                            || sql.getSQLState().startsWith("53")
                            || sql.getSQLState().startsWith("25006"))) {
                return true;
            }
            if (cause instanceof IOException || cause instanceof ConnectionException) {
                return true;
            }
        }
        return false;
    }

    /** Whether the database was unreachable, or had no connection to spare, rather than another part of the network. */
    public static boolean isBusyOrAway(RuntimeException failure) {
        return (failure instanceof DatabaseBusyException || failure instanceof JdbiException)
                && (isAway(failure) || isLocked(failure));
    }

    /** Whether it failed because of a concurrent write (a deadlock): a retry is likely to succeed. */
    public static boolean isConflict(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            // Class 40: the transaction was rolled back.
            if (cause instanceof SQLException sql
                    && sql.getSQLState() != null
                    && sql.getSQLState().startsWith("40")) {
                return true;
            }
        }
        return false;
    }

    /** Whether the statement took longer than it may: PostgreSQL cancelled it. */
    static boolean isTooLong(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && "57014".equals(sql.getSQLState())) {
                return true;
            }
        }
        return false;
    }

    /** Whether a statement that was prepared before has another meaning now, or none: a pooler lent a different connection. */
    public static boolean isLentAnother(Throwable failure) {
        for (Throwable cause = failure; cause != null && cause != cause.getCause(); cause = cause.getCause()) {
            if (cause instanceof SQLException sql
                    && ("42P05".equals(sql.getSQLState()) || "26000".equals(sql.getSQLState()))) {
                return true;
            }
        }
        return false;
    }

    static boolean isSilent(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SocketTimeoutException) {
                return true;
            }
        }
        return false;
    }

    static String reason(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String message = String.valueOf(cause.getMessage())
                .lines()
                .findFirst()
                .orElse("")
                .strip();
        return message.endsWith(".") ? message.substring(0, message.length() - 1) : message;
    }
}
