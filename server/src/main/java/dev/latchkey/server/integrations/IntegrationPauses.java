package dev.latchkey.server.integrations;

import dev.latchkey.server.access.PauseStatements;

/** The pause of an integration. */
public final class IntegrationPauses {
    public static final PauseStatements STATEMENTS = new PauseStatements("""
            SELECT paused_at, paused_by, paused_reason FROM integrations WHERE environment_id = :environment AND id = :id FOR NO KEY UPDATE""", """
            UPDATE integrations SET paused_at = :since, paused_by = :by, paused_reason = :reason
             WHERE environment_id = :environment AND id = :id""");

    private IntegrationPauses() {}
}
