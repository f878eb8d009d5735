package dev.latchkey.server.integrations;

import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Vault;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Secrets that earlier versions stored in plain text. */
public final class OpenSettings {
    private static final Logger LOG = LoggerFactory.getLogger(OpenSettings.class);

    private OpenSettings() {}

    /**
     * Encrypts what versions until November 2026 stored among the settings as it was typed. The first node to do it does it for all
     * nodes. An integration that cannot be read is left as it is.
     */
    public static void seal(Database database, Vault vault, Integrations integrations) {
        IntegrationRows rows = new IntegrationRows(vault);
        int sealed = database.inTransaction(handle -> {
            List<Integration> open = Rows.readable(
                    IntegrationRows.WHAT,
                    handle.createQuery("SELECT " + IntegrationRows.COLUMNS
                                    + " FROM integrations WHERE jsonb_exists_any(settings, :names) FOR NO KEY UPDATE")
                            .bindArray("names", String.class, Integration.SECRET_SETTINGS),
                    rows::read);
            open.forEach(integration -> rows.bind(handle, """
                            UPDATE integrations SET secrets = :secrets, settings = CAST(:settings AS jsonb)
                            WHERE environment_id = :environment AND id = :id""", integration).execute());
            return open.size();
        });
        if (sealed > 0) {
            LOG.info(
                    "The secrets of {} integrations, stored in plain text among their settings until now, have been encrypted.",
                    sealed);
            integrations.reloadEverywhere();
        }
    }
}
