package dev.latchkey.server.environments;

import dev.latchkey.server.access.PauseStatements;

/** The pause of an environment, whose row has no other environment. */
public final class EnvironmentPauses {
    public static final PauseStatements STATEMENTS = new PauseStatements("""
            SELECT paused_at, paused_by, paused_reason FROM environments WHERE id = :id AND id = :environment FOR NO KEY UPDATE""", """
            UPDATE environments SET paused_at = :since, paused_by = :by, paused_reason = :reason
             WHERE id = :id AND id = :environment""");

    private EnvironmentPauses() {}
}
