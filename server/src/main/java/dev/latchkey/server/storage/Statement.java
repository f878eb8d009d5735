package dev.latchkey.server.storage;

import java.util.function.Consumer;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.Update;

/**
 * A statement that is sent alone, or in one round trip with another: on a busy node a transaction's time is its round trips.
 *
 * @param parameters binds them; their names must differ from those of the statement that it is sent with
 */
public record Statement(String sql, Consumer<Update> parameters) {
    /** @return how many rows it changed */
    public int execute(Handle handle) {
        return execute(handle.createUpdate(sql));
    }

    /** Both in this order, the second regardless of what the first changed. @return how many rows the first one changed */
    public int executeWith(Handle handle, Statement second) {
        Update both = handle.createUpdate(sql + ";\n" + second.sql);
        second.parameters.accept(both);
        return execute(both);
    }

    private int execute(Update update) {
        parameters.accept(update);
        return update.execute();
    }
}
