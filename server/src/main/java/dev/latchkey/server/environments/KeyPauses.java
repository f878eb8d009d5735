package dev.latchkey.server.environments;

import dev.latchkey.server.access.PauseStatements;

/** The pause of an API key. */
public final class KeyPauses {
    public static final PauseStatements STATEMENTS = new PauseStatements("""
            SELECT paused_at, paused_by, paused_reason FROM api_keys WHERE environment_id = :environment AND id = :id FOR NO KEY UPDATE""", """
            UPDATE api_keys SET paused_at = :since, paused_by = :by, paused_reason = :reason
             WHERE environment_id = :environment AND id = :id""");

    private KeyPauses() {}
}
