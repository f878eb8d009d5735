package dev.latchkey.server.api;

import dev.latchkey.catalogue.datastore.DatastoreDriver;
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
import dev.latchkey.server.connections.DatastoreFields;
import dev.latchkey.server.connections.SharedNames;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Caller;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.kinds.Kind;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import io.helidon.http.Method;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The flows that need no popup: the user types a secret into the product's page or the Connect UI. */
public final class FlowRoutes {
    /** Its fields are read from one connection string, too. */
    private static final String DATASTORE = "/auth/datastore/";

    private static final String CLIENT_PATH = "/oauth2/auth/";
    private static final String FIELDS = "params";

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
        Kinds.paths().stream()
                .filter(path -> !path.equals(DATASTORE))
                .forEach(path -> router.flow(Method.POST, path + "{key}", call -> typed(call, path)));
        router.flow(Method.POST, DATASTORE + "{key}", this::datastore);
        router.flow(Method.POST, "/auth/oauth-outbound/{key}", this::outbound);
    }

    /** The installation begins at the provider; the connection waits until a webhook reports it. */
    private Router.Response outbound(Router.Call call) {
        Integration integration = integrations.named(call);
        Provider provider = integrations.provider(integration);
        call.discardBody();
        if (provider.auth().facts().installedApp().isEmpty()) {
            throw wrongKind(provider);
        }
        Caller.EndUser user = (Caller.EndUser) call.caller();
        Query query = query(call);
        FlowStarts.Fields fields =
                FlowStarts.read(query, user.session(), integration, provider, List.of(), Map.of(), "");
        query.endOfFlow();
        if (!fields.problems().isEmpty()) {
            var first = fields.problems().getFirst();
            throw ApiError.of(400, "connection_validation_failed", first.field() + ": " + first.message() + ".");
        }
        FlowStart start = fields.start();
        Connection connection = orReported(
                Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration),
                integration,
                start,
                () -> installation.outbound(provider, integration, start));
        return Router.Response.ok(connected(connection).put("isPending", true));
    }

    private static ApiError wrongKind(Provider provider) {
        return ApiError.of(
                400,
                "invalid_auth_mode",
                "This integration's provider is connected by "
                        + provider.auth().facts().mode() + ", which this path does not serve.");
    }

    /** The body has all fields, or one connection string. */
    private Router.Response datastore(Router.Call call) {
        Integration integration = integrations.named(call);
        Provider provider = integrations.provider(integration);
        DatastoreDriver driver = provider.auth().facts().datastore().orElseThrow(() -> wrongKind(provider));
        Caller.EndUser user = (Caller.EndUser) call.caller();
        Query query = query(call);
        Body body = body(call, integration);
        FlowStarts.Fields fields = FlowStarts.read(
                query,
                user.session(),
                integration,
                provider,
                List.of(),
                DatastoreFields.read(body, provider, driver),
                "");
        query.endOfFlow();
        fields.problems().forEach(problem -> body.problem("invalid_format", problem.message(), problem.field()));
        FlowStart start = fields.start();
        Optional<Credentials> credentials = fields.problems().isEmpty()
                ? DatastoreFields.credentials(body, driver, start.config(), start.secrets())
                : Optional.empty();
        body.end();
        // The credentials hold the secrets.
        return connected(provider, integration, credentials.orElseThrow(), start.withoutSecrets());
    }

    /** The product's presets count as typed: a page does not know those secrets. */
    private static Body body(Router.Call call, Integration integration) {
        Caller.EndUser user = (Caller.EndUser) call.caller();
        return call.body()
                .filledBy(user.session().presets().values(integration.uniqueKey()))
                .takingNulls();
    }

    /** Of the fields, as {@code params[x]}: a value without a name is none of them. */
    private static Query query(Router.Call call) {
        Query query = call.query();
        if (query.text(FIELDS).isPresent()) {
            query.problem("invalid_type", "'params' must be given as params[name]=value", FIELDS);
        }
        return query;
    }

    /** Nango's handler of this path has codes of its own for what is missing. */
    private static void requireClient(String path, Body body) {
        if (!path.equals(CLIENT_PATH)) {
            return;
        }
        for (String name : List.of("client_id", "client_secret")) {
            JsonNode value = body.json().path(name);
            boolean isProvenByKey = name.equals("client_secret") && body.json().hasNonNull("client_private_key");
            if (!isProvenByKey && isMissing(value)) {
                throw ApiError.invalid(
                        "missing_" + name,
                        List.of(new ApiError.Detail("invalid_type", "'" + name + "' is required", List.of(name))));
            }
        }
    }

    private static boolean isMissing(JsonNode value) {
        return value.isMissingNode()
                || value.isNull()
                || value.isString() && value.asString().isEmpty();
    }

    private Router.Response typed(Router.Call call, String path) {
        Integration integration =
                integrations.named(call, one -> Kinds.of(one.auth()).paths().contains(path));
        Provider provider = integrations.provider(integration);
        // Read in any case: a refusal that leaves the body unread costs the caller its connection.
        Body body = body(call, integration);
        Kind kind = Kinds.of(provider.auth());
        SharedNames.acceptCredentials(body.json(), provider, kind.standardNames());
        if (!kind.paths().contains(path)) {
            throw wrongKind(provider);
        }
        Caller.EndUser user = (Caller.EndUser) call.caller();
        Query query = query(call);
        requireClient(path, body);
        Credentials credentials = kind.entered(body);
        Map<String, String> typedFields = TypedFields.read(body, provider);
        if (kind.unminted().isPresent()) {
            body.allow("type", "assertionOption");
            TypedFields.require(body, provider, typedFields);
        }
        kind.furtherSecrets()
                .forEach(name ->
                        body.text(name).filter(text -> !text.isBlank()).ifPresent(text -> typedFields.put(name, text)));
        List<String> standard = kind.asked().stream().map(Kind.Asked::id).toList();
        FlowStarts.Fields fields =
                FlowStarts.read(query, user.session(), integration, provider, standard, typedFields, "");
        query.endOfFlow();
        fields.problems().forEach(problem -> body.problem("invalid_format", problem.message(), problem.field()));
        body.end();
        return connected(
                provider,
                integration,
                credentials,
                fields.start().with(direct.externalIds().of(provider, user.session())));
    }

    private Router.Response connected(
            Provider provider, Integration integration, Credentials credentials, FlowStart start) {
        Operation operation = Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration)
                .knowing(credentials)
                .knowing(start.secrets().values());
        Connection connection = orReported(
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
        return Router.Response.ok(connected(connection));
    }

    /** A refusal is stored and announced before the caller gets the response. */
    private Connection orReported(
            Operation operation, Integration integration, FlowStart start, Supplier<Connection> flow) {
        try {
            return logs.during(operation, flow);
        } catch (FlowRefusedException e) {
            ends.failed(operation, integration, start.requester(), start.wantedName(), e.code(), e.text());
            throw ApiError.of(400, e.code(), e.text());
        }
    }

    private static ObjectNode connected(Connection connection) {
        return Json.MAPPER
                .createObjectNode()
                .put("connectionId", connection.name())
                .put("providerConfigKey", connection.integrationKey());
    }
}
