package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.commands.DoctorCommand.Finding;
import dev.latchkey.server.integrations.Integration;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * Connections that an older version stored without today's checks: whose installation or tenant it is, and the external
 * ID of an AWS role. An upgrade does not delete them, since they work; the operator decides.
 */
final class EarlierConnections {
    /** Of the database, or, where a development build made it, of the step with which the proof of installations came. */
    private static final String SCHEMA = "1";

    private static final int MOST_NAMED = 10;

    /** Neither created nor authorized again since the upgrade; none in a database that this version created. */
    private static final String UNPROVEN = """
            SELECT e.name, i.unique_key, count(*)
            FROM connections c
            JOIN integrations i ON i.environment_id = c.environment_id AND i.id = c.integration_id
            JOIN environments e ON e.id = c.environment_id
            CROSS JOIN (SELECT installed_on AT TIME ZONE current_setting('TimeZone') AS at
                        FROM flyway_schema_history WHERE version = ?) upgrade
            WHERE i.provider = ANY (?) AND i.settings ->> ? IS DISTINCT FROM 'true' AND NOT i.lab AND c.created_at < upgrade.at
              AND NOT EXISTS (SELECT FROM timeline t WHERE t.environment_id = c.environment_id AND t.connection_id = c.id
                              AND t.event = 'overridden' AND t.at >= upgrade.at)
            GROUP BY e.name, i.unique_key ORDER BY e.name, i.unique_key""";

    private static final String WITHOUT_EXTERNAL_ID = """
            SELECT e.name, i.unique_key, count(*)
            FROM connections c
            JOIN integrations i ON i.environment_id = c.environment_id AND i.id = c.integration_id
            JOIN environments e ON e.id = c.environment_id
            WHERE i.provider = ANY (?) AND NOT i.lab AND coalesce(c.config ->> ?, '') = ''
            GROUP BY e.name, i.unique_key ORDER BY e.name, i.unique_key""";

    private EarlierConnections() {}

    static List<Finding> of(Connection database, Catalogue catalogue) throws SQLException {
        if (!isSetUp(database)) {
            return List.of();
        }
        return List.of(unproven(database, catalogue), withoutExternalId(database, catalogue));
    }

    private static boolean isSetUp(Connection database) throws SQLException {
        try (Statement statement = database.createStatement();
                ResultSet row = statement.executeQuery(
                        "SELECT to_regclass('flyway_schema_history') IS NOT NULL AND to_regclass('connections') IS NOT NULL")) {
            row.next();
            return row.getBoolean(1);
        }
    }

    private static Finding unproven(Connection database, Catalogue catalogue) throws SQLException {
        try (PreparedStatement statement = database.prepareStatement(UNPROVEN)) {
            statement.setString(1, SCHEMA);
            statement.setArray(2, database.createArrayOf("text", ids(catalogue, Provenance::isInQuestion)));
            statement.setString(3, Integration.ACCEPT_UNPROVEN);
            List<String> found = read(statement);
            return found.isEmpty()
                    ? Finding.good("installations", "None comes from a version that did not verify the owner.")
                    : Finding.bad(
                            "installations",
                            "An older version connected these without proof of ownership: " + named(found)
                                    + ". Have their users authorize again, or delete them; if any user of the product may connect any account, set "
                                    + Integration.ACCEPT_UNPROVEN
                                    + " on the integration. See docs/operations.md, Upgrade.");
        }
    }

    private static Finding withoutExternalId(Connection database, Catalogue catalogue) throws SQLException {
        List<String> found = new ArrayList<>();
        for (String field : generated(catalogue)) {
            try (PreparedStatement statement = database.prepareStatement(WITHOUT_EXTERNAL_ID)) {
                statement.setArray(
                        1, database.createArrayOf("text", ids(catalogue, provider -> isGenerated(provider, field))));
                statement.setString(2, field);
                found.addAll(read(statement));
            }
        }
        return found.isEmpty()
                ? Finding.good("external IDs", "Every assumed role has one.")
                : Finding.bad(
                        "external IDs",
                        "An older version connected these roles without one, so anyone who knows a role's name could have connected it: "
                                + named(found)
                                + ". Have their users connect again: the Connect UI shows the external ID that the role must ask for.");
    }

    private static List<String> generated(Catalogue catalogue) {
        return catalogue.all().stream()
                .flatMap(provider -> provider.fields().values().stream())
                .filter(EarlierConnections::isGenerated)
                .map(Field::id)
                .distinct()
                .sorted()
                .toList();
    }

    private static boolean isGenerated(Provider provider, String field) {
        return provider.fields().values().stream().anyMatch(it -> it.id().equals(field) && isGenerated(it));
    }

    private static boolean isGenerated(Field field) {
        return field.source().orElse(null) instanceof Field.Source.Generated;
    }

    private static Object[] ids(Catalogue catalogue, Predicate<Provider> which) {
        return catalogue.all().stream().filter(which).map(Provider::id).toArray();
    }

    private static List<String> read(PreparedStatement statement) throws SQLException {
        List<String> found = new ArrayList<>();
        try (ResultSet row = statement.executeQuery()) {
            while (row.next()) {
                found.add(row.getLong(3) + " of " + row.getString(2) + " in " + row.getString(1));
            }
        }
        return found;
    }

    private static String named(List<String> found) {
        return String.join(", ", found.subList(0, Math.min(MOST_NAMED, found.size())))
                + (found.size() > MOST_NAMED ? ", and " + (found.size() - MOST_NAMED) + " further integrations" : "");
    }
}
