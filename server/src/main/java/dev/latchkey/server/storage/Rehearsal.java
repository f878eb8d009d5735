package dev.latchkey.server.storage;

import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** Statements that are run and rolled back: a dry run. */
public final class Rehearsal {
    private Rehearsal() {}

    /** Runs in one transaction that is rolled back. @return what would have been */
    public static <T> T of(Database database, Function<Handle, T> work) {
        return database.withHandle(handle -> {
            handle.begin();
            try {
                return work.apply(handle);
            } finally {
                handle.rollback();
            }
        });
    }
}
