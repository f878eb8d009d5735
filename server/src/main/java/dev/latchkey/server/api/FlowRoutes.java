package dev.latchkey.server.api;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.AuthMode;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connect.DirectFlow;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.FlowStart;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.vault.Secret;
import io.helidon.http.Method;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The flows that need no popup: the user types a secret into the product's page or the Connect UI. */
public final class FlowRoutes {
    private final Integrations integrations;
    private final Catalogue catalogue;
    private final DirectFlow direct;

    public FlowRoutes(Integrations integrations, Catalogue catalogue, DirectFlow direct) {
        this.integrations = integrations;
        this.catalogue = catalogue;
        this.direct = direct;
    }

    public void register(Router router) {
        kind(
                router,
                "/api-auth/api-key/{key}",
                Auth.ApiKey.class,
                (body, provider) -> new Credentials.ApiKey(new Secret(body.required("apiKey"))));
        kind(
                router,
                "/api-auth/basic/{key}",
                Auth.Basic.class,
                (body, provider) -> new Credentials.Basic(
                        body.required("username"),
                        new Secret(body.text("password").orElse(""))));
        kind(router, "/oauth2/auth/{key}", Auth.OAuth2Client.class, FlowRoutes::client);
        kind(router, "/auth/unauthenticated/{key}", Auth.NoAuth.class, (body, provider) -> new Credentials.None());
        for (String other : List.of("tba", "two-step", "jwt", "bill", "signature", "aws-sigv4", "oauth-outbound")) {
            router.flow(Method.POST, "/auth/" + other + "/{key}", call -> {
                Provider provider = provider(integration(call));
                throw ApiError.of(
                        400,
                        "invalid_auth_mode",
                        "This integration's provider is connected by " + AuthMode.of(provider.auth())
                                + ", which this path is not for.");
            });
        }
    }

    @FunctionalInterface
    private interface Typed {
        Credentials read(Body body, Provider provider);
    }

    private void kind(Router router, String path, Class<? extends Auth> kind, Typed typed) {
        router.flow(Method.POST, path, call -> {
            Integration integration = integration(call);
            Provider provider = provider(integration);
            if (!kind.isInstance(provider.auth())) {
                throw ApiError.of(
                        400,
                        "invalid_auth_mode",
                        "This integration's provider is connected by " + AuthMode.of(provider.auth())
                                + ", which this path is not for.");
            }
            Router.Caller.EndUser user = (Router.Caller.EndUser) call.caller();
            Query query = call.query();
            Body body = call.body();
            Credentials credentials = typed.read(body, provider);
            Map<String, String> secrets = secrets(body, provider);
            FlowStarts.Fields fields =
                    FlowStarts.read(query, user.session(), integration, provider, standard(credentials), secrets);
            query.end();
            fields.problems().forEach(problem -> body.problem("invalid_format", problem.message(), problem.field()));
            body.end();
            return connected(provider, integration, credentials, fields.start());
        });
    }

    private Router.Answer connected(
            Provider provider, Integration integration, Credentials credentials, FlowStart start) {
        try {
            Connection connection = direct.connect(
                    provider,
                    integration,
                    credentials,
                    new ConfigFields.Accepted(start.config(), start.secrets(), List.of()),
                    start.requester(),
                    start.wantedName());
            return Router.Answer.ok(Json.MAPPER
                    .createObjectNode()
                    .put("connectionId", connection.name())
                    .put("providerConfigKey", connection.integrationKey()));
        } catch (FlowRefusedException e) {
            throw ApiError.of(400, e.code(), e.text());
        }
    }

    private static Credentials client(Body body, Provider provider) {
        body.allow("client_certificate", "client_private_key");
        return new Credentials.OAuth2Client(
                new Secret(""),
                Optional.empty(),
                body.required("client_id"),
                new Secret(body.required("client_secret")),
                new Credentials.Raw(Json.MAPPER.createObjectNode()));
    }

    /** Secret fields of the definition's own, beside those of the kind. */
    private static Map<String, String> secrets(Body body, Provider provider) {
        Map<String, String> found = new HashMap<>();
        provider.fields().values().stream()
                .filter(field -> field.isAsked() && field.scope() == dev.latchkey.catalogue.Field.Scope.SECRET)
                .forEach(field -> body.text(field.id()).ifPresent(value -> found.put(field.id(), value)));
        return found;
    }

    /** What the kind itself holds: checked like a field, stored in the credentials. */
    private static List<String> standard(Credentials credentials) {
        return switch (credentials) {
            case Credentials.ApiKey key -> List.of("apiKey");
            case Credentials.Basic basic -> List.of("username", "password");
            case Credentials.OAuth2Client client -> List.of("client_id", "client_secret");
            case Credentials.OAuth2 other -> List.of();
            case Credentials.OAuth1 other -> List.of();
            case Credentials.None other -> List.of();
            case Credentials.Imported other -> List.of();
        };
    }

    private Integration integration(Router.Call call) {
        Router.Caller.EndUser user = (Router.Caller.EndUser) call.caller();
        return Optional.of(call.path("key"))
                .filter(user.session()::allows)
                .flatMap(key -> integrations.find(call.environmentId(), key))
                .orElseThrow(() -> ApiError.of(
                        400, "unknown_provider_config", "This session allows no integration with this key."));
    }

    private Provider provider(Integration integration) {
        return catalogue
                .find(integration.provider())
                .orElseThrow(() -> ApiError.of(
                        400,
                        "unknown_provider_template",
                        "The catalogue has no provider '" + integration.provider() + "' any more."));
    }
}
