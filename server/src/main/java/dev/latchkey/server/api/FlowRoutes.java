package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.authorization.FlowStarts;
import dev.latchkey.server.authorization.SessionIntegrations;
import dev.latchkey.server.connect.DirectFlow;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.FlowStart;
import dev.latchkey.server.connect.InstallationFlow;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.refresh.Minting;
import dev.latchkey.server.secrets.Secret;
import io.helidon.http.Method;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/** The flows that need no popup: the user types a secret into the product's page or the Connect UI. */
public final class FlowRoutes {
    private final SessionIntegrations integrations;
    private final DirectFlow direct;
    private final InstallationFlow installation;
    private final FlowEnds ends;
    private final Logs logs;

    public FlowRoutes(
            SessionIntegrations integrations,
            DirectFlow direct,
            InstallationFlow installation,
            FlowEnds ends,
            Logs logs) {
        this.ends = ends;
        this.logs = logs;
        this.integrations = integrations;
        this.direct = direct;
        this.installation = installation;
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
        kind(router, "/auth/tba/{key}", Auth.OAuth1Static.class, FlowRoutes::tba);
        kind(router, "/auth/two-step/{key}", Auth.Exchange.class, FlowRoutes::unminted);
        kind(router, "/auth/bill/{key}", Auth.Exchange.class, FlowRoutes::unminted);
        kind(router, "/auth/jwt/{key}", Auth.SignedToken.class, FlowRoutes::unminted);
        kind(router, "/auth/signature/{key}", Auth.SignedToken.class, FlowRoutes::unminted);
        kind(router, "/auth/signature-based/{key}", Auth.SignedToken.class, FlowRoutes::unminted);
        kind(router, "/auth/aws-sigv4/{key}", Auth.AwsRole.class, FlowRoutes::unminted);
        router.flow(Method.POST, "/auth/datastore/{key}", this::datastore);
        router.flow(Method.POST, "/auth/oauth-outbound/{key}", this::outbound);
    }

    /** The installation begins at the provider; until it is told of, the connection waits. */
    private Router.Answer outbound(Router.Call call) {
        Integration integration = integrations.named(call);
        Provider provider = integrations.provider(integration);
        call.discardBody();
        if (!(provider.auth() instanceof Auth.AppInstallation app)) {
            throw wrongKind(provider);
        }
        Router.Caller.EndUser user = (Router.Caller.EndUser) call.caller();
        Query query = call.query();
        FlowStarts.Fields fields =
                FlowStarts.read(query, user.session(), integration, provider, List.of(), Map.of(), "");
        query.end();
        if (!fields.problems().isEmpty()) {
            var first = fields.problems().getFirst();
            throw ApiError.of(400, "connection_validation_failed", first.field() + ": " + first.message() + ".");
        }
        FlowStart start = fields.start();
        Connection connection = orToldOf(
                Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration),
                integration,
                start,
                () -> installation.outbound(app, provider, integration, start));
        return Router.Answer.ok(answer(connection).put("isPending", true));
    }

    private static ApiError wrongKind(Provider provider) {
        return ApiError.of(
                400,
                "invalid_auth_mode",
                "This integration's provider is connected by "
                        + provider.auth().facts().mode() + ", which this path is not for.");
    }

    /** All fields stand in the body, or one connection string. */
    private Router.Answer datastore(Router.Call call) {
        Integration integration = integrations.named(call);
        Provider provider = integrations.provider(integration);
        if (!(provider.auth() instanceof Auth.Datastore kind)) {
            throw wrongKind(provider);
        }
        Router.Caller.EndUser user = (Router.Caller.EndUser) call.caller();
        Query query = call.query();
        Body body = body(call, integration);
        FlowStarts.Fields fields = FlowStarts.read(
                query,
                user.session(),
                integration,
                provider,
                List.of(),
                DatastoreFields.read(body, provider, kind),
                "");
        query.end();
        fields.problems().forEach(problem -> body.problem("invalid_format", problem.message(), problem.field()));
        FlowStart start = fields.start();
        Optional<Credentials.Datastore> credentials = fields.problems().isEmpty()
                ? DatastoreFields.credentials(body, kind, start.config(), start.secrets())
                : Optional.empty();
        body.end();
        // The credentials hold the secrets.
        return connected(provider, integration, credentials.orElseThrow(), start.withoutSecrets());
    }

    /** What the product answered in advance is as if it had been typed: a page does not know those secrets. */
    private static Body body(Router.Call call, Integration integration) {
        Router.Caller.EndUser user = (Router.Caller.EndUser) call.caller();
        return call.body()
                .filledBy(user.session().presets().values(integration.uniqueKey()))
                .takingNulls();
    }

    @FunctionalInterface
    private interface Typed {
        Credentials read(Body body, Provider provider);
    }

    private void kind(Router router, String path, Class<? extends Auth> kind, Typed typed) {
        router.flow(Method.POST, path, call -> {
            Integration integration = integrations.named(call);
            Provider provider = integrations.provider(integration);
            // Read in any case: a refusal that leaves the body unread costs the caller its connection.
            Body body = body(call, integration);
            if (!kind.isInstance(provider.auth())) {
                throw wrongKind(provider);
            }
            Router.Caller.EndUser user = (Router.Caller.EndUser) call.caller();
            Query query = call.query();
            Credentials credentials = typed.read(body, provider);
            Map<String, String> typedFields = TypedFields.read(body, provider);
            if (Minting.unminted(provider.auth()).isPresent()) {
                body.allow("type", "assertionOption");
                TypedFields.require(body, provider, typedFields);
            }
            certificate(credentials, body, typedFields);
            FlowStarts.Fields fields = FlowStarts.read(
                    query, user.session(), integration, provider, standard(credentials), typedFields, "");
            query.end();
            fields.problems().forEach(problem -> body.problem("invalid_format", problem.message(), problem.field()));
            body.end();
            return connected(
                    provider,
                    integration,
                    credentials,
                    fields.start().with(direct.externalIds().of(provider, user.session())));
        });
    }

    private Router.Answer connected(
            Provider provider, Integration integration, Credentials credentials, FlowStart start) {
        Operation operation = Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration)
                .knowing(credentials)
                .knowing(start.secrets().values());
        Connection connection = orToldOf(
                operation,
                integration,
                start,
                () -> direct.connect(
                        provider,
                        integration,
                        credentials,
                        new ConfigFields.Accepted(start.config(), start.secrets(), List.of()),
                        start.requester(),
                        start.wantedName()));
        ends.connected(integration, start.requester(), connection.name());
        return Router.Answer.ok(answer(connection));
    }

    /** A refusal is kept and told before the caller hears of it. */
    private Connection orToldOf(
            Operation operation, Integration integration, FlowStart start, Supplier<Connection> flow) {
        try {
            return logs.during(operation, flow);
        } catch (FlowRefusedException e) {
            ends.failed(operation, integration, start.requester(), start.wantedName(), e.code(), e.text());
            throw ApiError.of(400, e.code(), e.text());
        }
    }

    private static Credentials client(Body body, Provider provider) {
        return new Credentials.OAuth2Client(
                new Secret(""),
                Optional.empty(),
                body.required("client_id"),
                new Secret(body.required("client_secret")),
                new Credentials.Raw(Json.MAPPER.createObjectNode()));
    }

    private static ObjectNode answer(Connection connection) {
        return Json.MAPPER
                .createObjectNode()
                .put("connectionId", connection.name())
                .put("providerConfigKey", connection.integrationKey());
    }

    private static Credentials tba(Body body, Provider provider) {
        return new Credentials.OAuth1Static(
                new Secret(body.required("token_id")),
                new Secret(body.required("token_secret")),
                body.text("oauth_client_id_override"),
                body.text("oauth_client_secret_override").map(Secret::new));
    }

    /** Its first token is made from the fields. */
    private static Credentials unminted(Body body, Provider provider) {
        return Minting.unminted(provider.auth()).orElseThrow();
    }

    /** Of mutual TLS (RFC 8705), kept with the connection's other secrets. */
    private static void certificate(Credentials credentials, Body body, Map<String, String> typed) {
        if (credentials instanceof Credentials.OAuth2Client) {
            for (String name : List.of("client_certificate", "client_private_key")) {
                body.text(name).filter(text -> !text.isBlank()).ifPresent(text -> typed.put(name, text));
            }
        }
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
            case Credentials.Datastore other -> List.of();
            case Credentials.OAuth1Static fixed -> List.of("token_id", "token_secret");
            case Credentials.Signed other -> List.of();
            case Credentials.Exchanged other -> List.of();
            case Credentials.Installation other -> List.of();
            case Credentials.AssumedRole other -> List.of();
            case Credentials.Imported other -> List.of();
        };
    }
}
