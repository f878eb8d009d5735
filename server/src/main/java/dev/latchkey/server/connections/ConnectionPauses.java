package dev.latchkey.server.connections;

import dev.latchkey.server.access.PauseStatements;

/** The pause of a connection. */
public final class ConnectionPauses {
    public static final PauseStatements STATEMENTS = new PauseStatements("""
            SELECT paused_at, paused_by, paused_reason FROM connections WHERE environment_id = :environment AND id = :id FOR NO KEY UPDATE""", """
            UPDATE connections SET paused_at = :since, paused_by = :by, paused_reason = :reason
             WHERE environment_id = :environment AND id = :id""");

    private ConnectionPauses() {}
}
