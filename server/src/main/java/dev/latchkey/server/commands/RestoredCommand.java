package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.connections.EarlierRows;
import dev.latchkey.server.connections.RestoredRows;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.DatabaseAddress;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import tools.jackson.databind.node.ArrayNode;

/**
 * {@code latchkey restored}: between a restore and the first start. It cannot be known which tokens vendors rotated in the time that the
 * database lacks: this lists the connections that were due in it. Changes nothing.
 */
@Command(
        name = "restored",
        description =
                "After a restore and before the start: list the connections that were refreshed in the time that the"
                        + " database lacks.",
        mixinStandardHelpOptions = true)
final class RestoredCommand implements Callable<Integer> {
    @Mixin
    private Output output = new Output();

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    /** @return 0 if no user can be concerned, 1 if some may have to authorize again, or the database cannot be read */
    @Override
    public Integer call() {
        try {
            Configuration configuration = Configuration.fromEnvironment(LatchkeyCommand.variables(spec));
            DatabaseAddress address = configuration
                    .storage()
                    .databaseUrl()
                    .map(url -> DatabaseAddress.parse(url.reveal()))
                    .orElseThrow(() -> new ConfigurationException(
                            "LATCHKEY_DATABASE_URL is not set: this reads a database of your own."));
            try (Connection database = address.connect(Map.of("prepareThreshold", "0"))) {
                if (!EarlierRows.isSetUp(database)) {
                    throw new ConfigurationException("The database at " + address + " has no data of Latchkey.");
                }
                return report(
                        RestoredRows.newestChange(database),
                        RestoredRows.due(database, withoutRefreshToken(configuration)));
            }
        } catch (ConfigurationException e) {
            output.err().println(String.valueOf(e.getMessage()));
        } catch (SQLException e) {
            output.err().println("The database cannot be read (SQLSTATE " + e.getSQLState() + ").");
        }
        return 1;
    }

    /** Shipped providers; one that an environment defined itself may have them. */
    private static String[] withoutRefreshToken(Configuration configuration) {
        return configuration.added().providers().map(Catalogue::loadReadable).orElseGet(Catalogue::load).all().stream()
                .filter(provider -> provider.auth().facts().renewal() != AuthFacts.Renewal.WITH_REFRESH_TOKEN)
                .map(Provider::id)
                .toArray(String[]::new);
    }

    private int report(Optional<Instant> newest, List<RestoredRows.Due> due) {
        ArrayNode rows = Json.MAPPER.createArrayNode();
        due.forEach(one -> rows.addObject()
                .put("environment", one.environment())
                .put("provider_config_key", one.integrationKey())
                .put("provider", one.provider())
                .put("connection_id", one.connectionId())
                .put("end_user_id", one.endUser().orElse(null))
                .put("due_at", one.dueAt().toString()));
        if (!output.isJson()) {
            output.out()
                    .println("The newest change of a connection is of "
                            + newest.map(Instant::toString).orElse("never") + ".");
            output.out()
                    .println(
                            due.isEmpty()
                                    ? "No connection was due for a refresh since then."
                                    : due.size()
                                            + " connections were due for a refresh since then. Where a refresh token"
                                            + " can be used only once, and no node's journal has the new one, their"
                                            + " users must authorize again:");
        }
        if (!due.isEmpty() || output.isJson()) {
            output.table(
                    rows,
                    List.of("ENVIRONMENT", "INTEGRATION", "CONNECTION", "USER", "DUE"),
                    List.of("environment", "provider_config_key", "connection_id", "end_user_id", "due_at"));
        }
        return due.isEmpty() ? 0 : 1;
    }
}
