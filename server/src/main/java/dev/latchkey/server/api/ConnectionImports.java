package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.DirectFlow;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.IntegrationChanges;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionIds;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Draft;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.connections.Import;
import dev.latchkey.server.connections.SharedNames;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Moments;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.Timetable;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.databind.node.ObjectNode;

/** {@code POST /connections}: a connection whose credentials a backend already has. */
final class ConnectionImports {
    private final Connections connections;
    private final Integrations integrations;
    private final Providers providers;
    private final IntegrationChanges changes;
    private final Timetable timetable;
    private final DirectFlow direct;
    private final WebhookOverride webhookOverride;
    private final ImportedCredentials imported;
    private final FlatImports flat;
    private final InstantSource clock;

    ConnectionImports(
            ConnectionParts connections,
            Providers providers,
            Timetable timetable,
            FlowParts flows,
            WebhookOverride webhookOverride,
            InstantSource clock) {
        this.connections = connections.connections;
        this.integrations = connections.integrations;
        this.providers = providers;
        this.timetable = timetable;
        this.direct = flows.direct;
        this.changes = flows.changes;
        this.webhookOverride = webhookOverride;
        this.flat = new FlatImports(connections.integrations, providers);
        this.imported = new ImportedCredentials(clock);
        this.clock = clock;
    }

    /** What the body says, of whatever provider. */
    private record Wanted(
            String key,
            Optional<String> name,
            LooseConfig config,
            Draft.Description description,
            Optional<Body> credentials,
            Before before) {}

    /**
     * What the body says about the system that kept it until now.
     *
     * @param whenRead whether it is not refreshed before it is read here
     * @param integration what a dry run assumes to be created before
     */
    private record Before(
            Optional<Instant> createdAt, Optional<Instant> asOf, boolean whenRead, Optional<ObjectNode> integration) {}

    Router.Response create(Router.Call call) {
        return create(call, call.body());
    }

    /** By the older path, which also takes credentials that stand beside the connection's name. */
    Router.Response createFlat(Router.Call call) {
        return create(call, flat.read(call));
    }

    private Router.Response create(Router.Call call, Body body) {
        Query query = call.query();
        boolean dryRun = query.flag("dry_run");
        query.end();
        Wanted wanted = wanted(body);
        Optional<Integration> existing = integrations.find(call.environmentId(), wanted.key());
        Optional<Integration> planned = wanted.before()
                .integration()
                .filter(it -> dryRun && existing.isEmpty())
                .map(it -> planned(call, Body.of(it)));
        Optional<Integration> integration = existing.or(() -> planned)
                .map(one -> wanted.credentials().map(it -> ofType(one, it)).orElse(one));
        Optional<Provider> provider = integration.flatMap(one -> providers.of(one));
        Optional<ImportedCredentials.Read> credentials =
                provider.flatMap(one -> wanted.credentials().map(it -> imported.read(it, one)));
        if (provider.isEmpty()) {
            wanted.credentials().ifPresent(imported::check);
        }
        String name = wanted.name().orElseGet(() -> UUID.randomUUID().toString());
        Optional<ConfigFields.Accepted> accepted =
                provider.map(one -> accepted(one, integration.orElseThrow(), wanted, name, credentials));
        provider.ifPresent(one -> ConfigFields.notText(one, wanted.config().given())
                .forEach(problem ->
                        body.problem("invalid_type", problem.message(), "connection_config", problem.field())));
        accepted.ifPresent(it -> it.problems()
                .forEach(problem ->
                        body.problem("invalid_format", problem.message(), "connection_config", problem.field())));
        body.end();
        if (integration.isEmpty()) {
            throw ApiError.notFound("There is no integration with this provider_config_key.");
        }
        call.environment().requireRunning();
        integration.get().requireRunning();
        DirectFlow.Proven proven =
                proven(provider.orElseThrow(), integration.get(), credentials.orElseThrow(), accepted.orElseThrow());
        Draft draft = new Draft(
                integration.get(),
                name,
                new Connection.Grant(
                        proven.credentials(), accepted.get().secrets(), proven.config(), GrantedScopes.UNKNOWN),
                wanted.description(),
                wanted.before().whenRead()
                        ? Connection.Schedule.NEVER
                        : timetable.imported(provider.get().auth(), proven.credentials()),
                Map.of("by", "import"));
        Import by = new Import(
                call.actor(), wanted.before().createdAt(), wanted.before().asOf());
        Import.Result result = dryRun
                ? connections.rehearse(
                        by, draft, handle -> planned.ifPresent(one -> integrations.insert(handle, call.actor(), one)))
                : connections.importAs(by, draft);
        ObjectNode json = ConnectionJson.full(call.actor(), result.connection(), provider, true, clock.instant());
        if (result.kept()) {
            json.put("kept", true);
        }
        return Router.Response.created(json);
    }

    /** As it is for credentials of this type, where its provider has two kinds. */
    private Integration ofType(Integration integration, Body credentials) {
        List<Provider> kinds = providers.kinds(integration);
        return kinds.size() < 2
                ? integration
                : kinds.stream()
                        .map(one -> one.auth().facts().mode())
                        .filter(mode ->
                                mode.equals(credentials.json().path("type").asString("")))
                        .findFirst()
                        .map(integration::ofMode)
                        .orElse(integration);
    }

    /** Of a dry run: the integration that would have been created before. */
    private Integration planned(Router.Call call, Body body) {
        IntegrationChanges.New wanted = IntegrationBody.wanted(body, providers.in(call.environmentId()));
        body.end();
        return IntegrationBody.saved(changes.rehearse(call.actor(), call.environmentId(), wanted));
    }

    private Wanted wanted(Body body) {
        String key = body.required("provider_config_key");
        Optional<String> name = body.text("connection_id");
        name.ifPresent(id -> {
            if (!ConnectionIds.isAllowedForNew(id)) {
                body.problem("invalid_format", ConnectionIds.RULE, "connection_id");
            }
        });
        Optional<ObjectNode> metadata = body.object("metadata");
        LooseConfig config =
                body.object("connection_config").map(LooseConfig::new).orElse(LooseConfig.NONE);
        Optional<Connection.Organization> organization = EndUsers.organization(body);
        Optional<Connection.EndUser> endUser =
                EndUsers.read(body).map(user -> EndUsers.inOrganization(user, organization));
        Map<String, String> tags = Tags.read(body, "tags");
        Optional<String> webhook = webhookOverride.read(body);
        if (!body.has("credentials")) {
            body.problem("invalid_type", "'credentials' is required", "credentials");
        }
        return new Wanted(
                key,
                name,
                config,
                new Draft.Description(metadata, EndUsers.tags(endUser, organization, tags), endUser, webhook),
                body.child("credentials").map(Body::takingNulls),
                new Before(time(body, "created_at"), time(body, "as_of"), whenRead(body), body.object("integration")));
    }

    private static Optional<Instant> time(Body body, String member) {
        return body.text(member).flatMap(text -> {
            Optional<Instant> time = Moments.read(text);
            if (time.isEmpty()) {
                body.problem("invalid_format", "must be a time such as 2030-01-31T12:00:00Z", member);
            }
            return time;
        });
    }

    private static boolean whenRead(Body body) {
        String when = body.text("refresh").orElse("when_due");
        if (!Set.of("when_due", "when_read").contains(when)) {
            body.problem("invalid_value", "must be when_due or when_read", "refresh");
        }
        return when.equals("when_read");
    }

    private ConfigFields.Accepted accepted(
            Provider provider,
            Integration integration,
            Wanted wanted,
            String name,
            Optional<ImportedCredentials.Read> credentials) {
        // A value that a backend brings from an older connection is kept; otherwise it is generated as in a flow.
        Map<String, String> typed = new HashMap<>(direct.externalIds()
                .of(provider, integration.environment(), wanted.description().endUser(), name));
        SharedNames.acceptConfig(wanted.config().given(), provider);
        LooseConfig kept = new LooseConfig(connections.keptConfig(integration, name));
        typed.putAll(kept.texts(provider));
        typed.putAll(wanted.config().texts(provider));
        credentials.ifPresent(it -> typed.putAll(it.fields()));
        ConfigFields.Accepted accepted = ConfigFields.accept(provider, typed, false);
        kept.addTo(provider, accepted.config());
        wanted.config().addTo(provider, accepted.config());
        return accepted;
    }

    private DirectFlow.Proven proven(
            Provider provider, Integration integration, ImportedCredentials.Read read, ConfigFields.Accepted accepted) {
        try {
            return direct.prove(
                    provider,
                    integration,
                    read.credentials(),
                    accepted,
                    read.credentials().isUnminted());
        } catch (FlowRefusedException e) {
            throw ApiError.of(400, e.code(), e.text());
        }
    }
}
