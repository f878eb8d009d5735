package dev.latchkey.server.connections;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.storage.Database;
import java.util.List;
import java.util.Map;
import org.jdbi.v3.core.Handle;

/** Connections in the audit log, where one is named by its integration's key and its own name. */
final class ConnectionAudit {
    private final Database database;
    private final AuditLog audit;

    ConnectionAudit(Database database, AuditLog audit) {
        this.database = database;
        this.audit = audit;
    }

    void append(Actor actor, String action, Connection connection) {
        database.inTransaction(handle -> {
            append(handle, actor, action, connection);
            return true;
        });
    }

    void append(Handle handle, Actor actor, String action, Connection connection) {
        append(handle, actor, action, connection, Map.of());
    }

    void append(Handle handle, Actor actor, String action, Connection connection, Map<String, String> details) {
        audit.append(handle, List.of(line(handle, actor, action, connection, details)));
    }

    void append(Handle handle, Actor actor, String action, List<Connection> connections) {
        audit.append(
                handle,
                connections.stream()
                        .map(connection -> line(handle, actor, action, connection, Map.of()))
                        .toList());
    }

    private AuditLog.Line line(
            Handle handle, Actor actor, String action, Connection connection, Map<String, String> details) {
        return audit.line(
                handle,
                actor,
                connection.environment(),
                action,
                connection.integrationKey() + "/" + connection.name(),
                details);
    }
}
