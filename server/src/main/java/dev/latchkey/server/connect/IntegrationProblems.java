package dev.latchkey.server.connect;

import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** What is wrong with the values of an integration. */
final class IntegrationProblems {
    private static final int LONGEST_NAME = 255;
    private static final String PRIVATE_KEY = "private_key";

    private IntegrationProblems() {}

    static void key(String key, List<IntegrationChanges.Problem> problems) {
        if (!IntegrationKeys.isAllowed(key)) {
            problems.add(new IntegrationChanges.Problem("unique_key", "invalid_format", IntegrationKeys.RULE));
        }
    }

    static void name(String name, List<IntegrationChanges.Problem> problems) {
        if (name.isEmpty()) {
            problems.add(new IntegrationChanges.Problem("display_name", "too_small", "must not be empty"));
        }
        if (name.length() > LONGEST_NAME) {
            problems.add(new IntegrationChanges.Problem(
                    "display_name", "too_big", "at most " + LONGEST_NAME + " characters"));
        }
    }

    static void registration(IntegrationChanges.Registration given, List<IntegrationChanges.Problem> problems) {
        Optional.ofNullable(given.secrets().get(PRIVATE_KEY)).ifPresent(key -> {
            try {
                PrivateKeys.parse(key.reveal());
            } catch (IllegalArgumentException e) {
                problems.add(
                        new IntegrationChanges.Problem(PRIVATE_KEY, "invalid_format", String.valueOf(e.getMessage())));
            }
        });
        Optional.ofNullable(given.settings().get(Integration.ON_MISSING_SCOPES))
                .filter(how -> !Set.of("report", "refuse").contains(how))
                .ifPresent(how -> problems.add(new IntegrationChanges.Problem(
                        Integration.ON_MISSING_SCOPES, "invalid_value", "must be report or refuse")));
        Optional.ofNullable(given.settings().get(Integration.INSTALL_RETURN_URL))
                .filter(url -> !url.isEmpty() && !Environment.isWebAddress(url))
                .ifPresent(url -> problems.add(new IntegrationChanges.Problem(
                        Integration.INSTALL_RETURN_URL,
                        "invalid_format",
                        "must be an https address (http for localhost) without a fragment, or empty")));
    }
}
