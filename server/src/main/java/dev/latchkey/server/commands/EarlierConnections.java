package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.commands.DoctorCommand.Finding;
import dev.latchkey.server.connections.EarlierRows;
import dev.latchkey.server.integrations.Integration;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * Connections that an older version stored without today's checks: whose installation or tenant it is, and the external
 * ID of an AWS role. An upgrade does not delete them, since they work; the operator decides.
 */
final class EarlierConnections {
    private static final int MOST_NAMED = 10;

    private EarlierConnections() {}

    static List<Finding> of(Connection database, Catalogue catalogue) throws SQLException {
        if (!EarlierRows.isSetUp(database)) {
            return List.of();
        }
        return List.of(unproven(database, catalogue), withoutExternalId(database, catalogue));
    }

    private static Finding unproven(Connection database, Catalogue catalogue) throws SQLException {
        List<EarlierRows.Found> found = EarlierRows.unproven(database, ids(catalogue, Provenance::isInQuestion));
        return found.isEmpty()
                ? Finding.good("installations", "None comes from a version that did not verify the owner.")
                : Finding.bad(
                        "installations",
                        "An older version connected these without proof of ownership: " + named(found)
                                + ". Have their users authorize again, or delete them; if any user of the product may connect any account, set "
                                + Integration.ACCEPT_UNPROVEN
                                + " on the integration. See docs/operations.md, Upgrade.");
    }

    private static Finding withoutExternalId(Connection database, Catalogue catalogue) throws SQLException {
        List<EarlierRows.Found> found = new ArrayList<>();
        for (String field : generated(catalogue)) {
            found.addAll(
                    EarlierRows.without(database, ids(catalogue, provider -> isGenerated(provider, field)), field));
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

    private static String[] ids(Catalogue catalogue, Predicate<Provider> which) {
        return catalogue.all().stream().filter(which).map(Provider::id).toArray(String[]::new);
    }

    private static String named(List<EarlierRows.Found> found) {
        return found.stream()
                        .limit(MOST_NAMED)
                        .map(one -> one.count() + " of " + one.integrationKey() + " in " + one.environment())
                        .collect(Collectors.joining(", "))
                + (found.size() > MOST_NAMED ? ", and " + (found.size() - MOST_NAMED) + " further integrations" : "");
    }
}
