package dev.latchkey.server.connect;

import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** What is wrong with the values of an integration. */
final class IntegrationProblems {
    private static final int LONGEST_NAME = 255;
    private static final String PRIVATE_KEY = "private_key";
    private static final String WEBHOOK_SECRET = "webhook_secret";
    /** One, as Nango takes it. */
    private static final Pattern SCOPE = Pattern.compile("[0-9a-zA-Z:/_.*-]+");

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
        length("display_name", name, problems);
    }

    private static void length(String field, String value, List<IntegrationChanges.Problem> problems) {
        if (value.length() > LONGEST_NAME) {
            problems.add(new IntegrationChanges.Problem(field, "too_big", "at most " + LONGEST_NAME + " characters"));
        }
    }

    static void scopes(List<String> scopes, List<IntegrationChanges.Problem> problems) {
        if (!scopes.stream().allMatch(scope -> SCOPE.matcher(scope).matches())) {
            problems.add(new IntegrationChanges.Problem(
                    "scopes",
                    "invalid_format",
                    "must be letters, digits and : / _ . * - only, joined by commas, without spaces"));
        }
    }

    static void registration(IntegrationChanges.Registration given, List<IntegrationChanges.Problem> problems) {
        given.clientId().ifPresent(id -> length("client_id", id, problems));
        Optional.ofNullable(given.settings().get("id")).ifPresent(id -> length("app_id", id, problems));
        Optional.ofNullable(given.secrets().get(WEBHOOK_SECRET))
                .ifPresent(secret -> length(WEBHOOK_SECRET, secret.reveal(), problems));
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
