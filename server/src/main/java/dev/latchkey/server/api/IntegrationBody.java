package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.IntegrationChanges;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.AppRegistration;
import dev.latchkey.server.providers.EnvironmentProviders;
import dev.latchkey.server.secrets.Secret;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads an integration's credentials and settings from a request. */
final class IntegrationBody {
    private static final String INTEGRATION_CONFIG = "integration_config";
    private static final int LONGEST_VALUE = 8192;

    private IntegrationBody() {}

    /** A new integration. */
    static IntegrationChanges.New wanted(Body body, EnvironmentProviders providers) {
        String key = body.required("unique_key");
        String id = body.required("provider");
        Optional<String> name = body.text("display_name");
        boolean forward = body.flag("forward_webhooks").orElse(true);
        boolean useLab = body.flag("lab").orElse(false);
        List<Provider> kinds = providers.kinds(id);
        Credentials credentials = credentials(body, kinds);
        boolean lacksApp = !useLab && !body.has("credentials");
        Optional<Provider> withoutApp =
                kinds.stream().filter(one -> !needsApp(one)).findFirst();
        if (lacksApp && withoutApp.isPresent()) {
            credentials = credentials.of(kinds, withoutApp.get());
        } else if (lacksApp && !kinds.isEmpty()) {
            body.problem(
                    "custom",
                    "Missing credentials: give those of your app at the provider, or \"lab\": true to try without an app",
                    "credentials");
        }
        return new IntegrationChanges.New(
                key,
                id,
                name,
                registration(body, credentials, kinds),
                scopes(body, credentials).orElse(List.of()),
                forward,
                useLab);
    }

    /** Beside the credentials they can be changed without them. */
    static Optional<List<String>> scopes(Body body, Credentials credentials) {
        return body.text("scopes").map(IntegrationBody::scopes).or(credentials::scopes);
    }

    /** @throws ApiError unless it was saved */
    static Integration saved(IntegrationChanges.Outcome outcome) {
        return switch (outcome) {
            case IntegrationChanges.Outcome.Saved it -> it.integration();
            case IntegrationChanges.Outcome.Invalid it ->
                throw ApiError.invalid(
                        "invalid_body",
                        it.problems().stream()
                                .map(problem -> new ApiError.Detail(
                                        problem.code(), problem.message(), List.of(problem.field())))
                                .toList());
            case IntegrationChanges.Outcome.KeyTaken _ ->
                throw ApiError.invalid(
                        "invalid_body",
                        List.of(new ApiError.Detail(
                                "invalid_string",
                                "An integration with this unique_key exists already.",
                                List.of("uniqueKey"))));
            case IntegrationChanges.Outcome.NoLab it -> throw ApiError.of(400, "invalid_body", it.words());
            case IntegrationChanges.Outcome.NoNextSecret _ ->
                throw ApiError.of(
                        400,
                        "invalid_body",
                        "There is no next client secret; PATCH the integration with next_client_secret first.");
        };
    }

    /** Whether users are sent to the provider in the name of an app that the product registered there. */
    static boolean needsApp(Provider provider) {
        return provider.auth().facts().needsClient()
                || provider.auth().facts().installedApp().isPresent();
    }

    /** What is required and empty has been reported as that. */
    static void report(Body body, List<IntegrationChanges.Problem> problems) {
        for (IntegrationChanges.Problem problem : problems) {
            boolean missing = Set.of("unique_key", "provider").contains(problem.field())
                    && body.json().path(problem.field()).asString("").isEmpty();
            if (!missing) {
                boolean isCredential = !body.json().has(problem.field())
                        && body.json().path("credentials").has(problem.field());
                body.problem(
                        problem.code(),
                        problem.message(),
                        isCredential ? new String[] {"credentials", problem.field()} : new String[] {problem.field()});
            }
        }
    }

    /**
     * The credentials of the vendor, with settings that stand beside them in the body.
     *
     * @param kinds of the provider; empty for an unknown one
     */
    static IntegrationChanges.Registration registration(Body body, Credentials credentials, List<Provider> kinds) {
        Map<String, Secret> secrets = new HashMap<>(credentials.secrets());
        Map<String, String> settings = new HashMap<>(credentials.settings());
        settings.putAll(body.textsByName("custom").orElse(Map.of()));
        settings.putAll(config(body, kinds));
        body.flag(Integration.ACCEPT_UNPROVEN)
                .ifPresent(accepts -> settings.put(Integration.ACCEPT_UNPROVEN, accepts.toString()));
        body.text(Integration.ON_MISSING_SCOPES).ifPresent(how -> settings.put(Integration.ON_MISSING_SCOPES, how));
        body.text(Integration.INSTALL_RETURN_URL).ifPresent(url -> settings.put(Integration.INSTALL_RETURN_URL, url));
        webhookSecret(body).ifPresent(secret -> secrets.put("webhook_secret", new Secret(secret)));
        return new IntegrationChanges.Registration(credentials.clientId(), secrets, settings);
    }

    /** @param scopes absent: not given */
    record Credentials(
            Optional<String> clientId,
            Map<String, Secret> secrets,
            Optional<List<String>> scopes,
            Map<String, String> settings) {
        /** The same for one of a provider's kinds; the first is chosen without a setting. */
        Credentials of(List<Provider> kinds, Provider one) {
            if (one.equals(kinds.getFirst())) {
                return this;
            }
            Map<String, String> all = new HashMap<>(settings);
            all.put(Integration.AUTH_MODE, one.auth().facts().mode());
            return new Credentials(clientId, secrets, scopes, all);
        }
    }

    /** Nango's name for the values of the integration's own fields, which, unlike {@code custom}, takes no others. */
    private static Map<String, String> config(Body body, List<Provider> kinds) {
        Map<String, String> given = body.textsByName(INTEGRATION_CONFIG).orElse(Map.of());
        given.forEach((name, value) -> {
            if (!kinds.isEmpty() && kinds.stream().noneMatch(kind -> isOfIntegrations(kind, name))) {
                body.problem("custom", "is not a field of this provider's integrations", INTEGRATION_CONFIG, name);
            }
            if (value.length() > LONGEST_VALUE) {
                body.problem("too_big", "at most " + LONGEST_VALUE + " characters", INTEGRATION_CONFIG, name);
            }
        });
        return given;
    }

    private static boolean isOfIntegrations(Provider provider, String name) {
        return Optional.ofNullable(provider.fields().get(name))
                .filter(field -> field.scope() == Field.Scope.INTEGRATION)
                .isPresent();
    }

    /** @param kinds of the provider, the integration's own first */
    static Credentials credentials(Body body, List<Provider> kinds) {
        return body.nullable("credentials")
                .map("credentials", one -> {
                    String type = one.required("type");
                    Optional<Provider> kind = kinds.stream()
                            .filter(it -> it.auth().facts().mode().equals(type))
                            .findFirst();
                    if (!kinds.isEmpty() && kind.isEmpty() && !type.isEmpty()) {
                        one.problem(
                                "invalid_type",
                                "this provider takes credentials of type "
                                        + kinds.getFirst().auth().facts().mode(),
                                "type");
                    }
                    AppRegistration app = AppRegistration.read(type, one);
                    Map<String, Secret> secrets = new HashMap<>(app.secrets());
                    // Empty, it takes the secret away: it must never verify anything.
                    one.text("webhook_secret")
                            .filter(secret -> !secret.isEmpty())
                            .ifPresent(secret -> secrets.put("webhook_secret", new Secret(secret)));
                    Credentials read = new Credentials(
                            app.clientId(), secrets, one.text("scopes").map(IntegrationBody::scopes), app.settings());
                    return kind.map(it -> read.of(kinds, it)).orElse(read);
                })
                .orElse(new Credentials(Optional.empty(), Map.of(), Optional.empty(), Map.of()));
    }

    /** As they are joined: a blank or empty one between commas is refused with the others. */
    private static List<String> scopes(String joined) {
        return joined.isEmpty() ? List.of() : List.of(joined.split(",", -1));
    }

    /** The secret that verifies the provider's webhooks, for every kind of credentials; shown only together with the credentials. */
    private static Optional<String> webhookSecret(Body body) {
        return body.has("webhook_secret") ? Optional.of(body.required("webhook_secret")) : Optional.empty();
    }
}
