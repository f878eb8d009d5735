package dev.latchkey.server;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.Lab;
import dev.latchkey.lab.LabApp;
import dev.latchkey.server.api.AccountRoutes;
import dev.latchkey.server.api.ActivityRoutes;
import dev.latchkey.server.api.AuditRoutes;
import dev.latchkey.server.api.BrandingRoutes;
import dev.latchkey.server.api.ConnectionRoutes;
import dev.latchkey.server.api.DeliveryRoutes;
import dev.latchkey.server.api.DeviceRoutes;
import dev.latchkey.server.api.EnvironmentRoutes;
import dev.latchkey.server.api.FinishRoutes;
import dev.latchkey.server.api.FlowRoutes;
import dev.latchkey.server.api.HealthRoutes;
import dev.latchkey.server.api.IncomingRoutes;
import dev.latchkey.server.api.IntegrationRoutes;
import dev.latchkey.server.api.KeyRoutes;
import dev.latchkey.server.api.LogRoutes;
import dev.latchkey.server.api.MetricsRoute;
import dev.latchkey.server.api.NodeHealthRoute;
import dev.latchkey.server.api.PauseRoutes;
import dev.latchkey.server.api.ProviderJson;
import dev.latchkey.server.api.ProviderRoutes;
import dev.latchkey.server.api.ProxyRoutes;
import dev.latchkey.server.api.RefreshRoutes;
import dev.latchkey.server.api.SessionRoutes;
import dev.latchkey.server.api.SigningKeyRoutes;
import dev.latchkey.server.api.WebhookOverride;
import dev.latchkey.server.api.WebhookRoutes;
import dev.latchkey.server.audit.AuditAnchors;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.authorization.AuthorizationRoutes;
import dev.latchkey.server.authorization.ResultSockets;
import dev.latchkey.server.authorization.SessionIntegrations;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.connect.AfterConnectSteps;
import dev.latchkey.server.connect.AuthorizationFlows;
import dev.latchkey.server.connect.BrowserFlows;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.DeviceFlow;
import dev.latchkey.server.connect.DirectFlow;
import dev.latchkey.server.connect.ExternalIds;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.InstallationFlow;
import dev.latchkey.server.connect.IntegrationRemoval;
import dev.latchkey.server.connect.McpFlow;
import dev.latchkey.server.connect.NewConnections;
import dev.latchkey.server.connect.OAuth1Flow;
import dev.latchkey.server.connect.OAuth2CodeFlow;
import dev.latchkey.server.connect.OnDelete;
import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.connect.PluginInstallFlow;
import dev.latchkey.server.connect.Prober;
import dev.latchkey.server.connect.Proofs;
import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.connections.ConnectionList;
import dev.latchkey.server.connections.ConnectionRows;
import dev.latchkey.server.connections.ConnectionSearch;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.LastFetched;
import dev.latchkey.server.connections.Timeline;
import dev.latchkey.server.connectui.ConnectPages;
import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.connectui.UserConfirmation;
import dev.latchkey.server.dashboard.ApiReferencePage;
import dev.latchkey.server.dashboard.Dashboard;
import dev.latchkey.server.dashboard.DashboardRoute;
import dev.latchkey.server.dashboard.LiveStreams;
import dev.latchkey.server.dashboard.NearbyDoor;
import dev.latchkey.server.dashboard.StartPage;
import dev.latchkey.server.datastores.DatastoreProbe;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.Authorities;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressObserver;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.environments.KeyUses;
import dev.latchkey.server.environments.SigningKeys;
import dev.latchkey.server.http.Authentication;
import dev.latchkey.server.http.BrowserRules;
import dev.latchkey.server.http.ClientAddress;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Gate;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.http.OpenApi;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.http.SocketUpgrades;
import dev.latchkey.server.http.UntouchedCodings;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.logs.History;
import dev.latchkey.server.logs.LogSearch;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.mcp.McpServers;
import dev.latchkey.server.monitoring.Housekeeping;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.monitoring.NodeHealth;
import dev.latchkey.server.pages.StaticFiles;
import dev.latchkey.server.pauses.Pauses;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.proxy.Nodes;
import dev.latchkey.server.proxy.Proxy;
import dev.latchkey.server.proxy.RateBudgets;
import dev.latchkey.server.refresh.Flights;
import dev.latchkey.server.refresh.FreshCredentials;
import dev.latchkey.server.refresh.JournalReplay;
import dev.latchkey.server.refresh.Minting;
import dev.latchkey.server.refresh.RefreshCommits;
import dev.latchkey.server.refresh.RefreshEngine;
import dev.latchkey.server.refresh.RefreshStore;
import dev.latchkey.server.refresh.Refresher;
import dev.latchkey.server.refresh.Renewal;
import dev.latchkey.server.refresh.Timetable;
import dev.latchkey.server.refresh.health.BrokenIntegrations;
import dev.latchkey.server.refresh.health.ConnectionHealth;
import dev.latchkey.server.refresh.health.EndedGrants;
import dev.latchkey.server.refresh.health.GrantWarnings;
import dev.latchkey.server.refresh.health.Incidents;
import dev.latchkey.server.refresh.hosts.VendorHosts;
import dev.latchkey.server.refresh.jobs.RefreshJobRunner;
import dev.latchkey.server.refresh.jobs.RefreshJobs;
import dev.latchkey.server.refresh.journal.TokenJournal;
import dev.latchkey.server.refresh.leases.DueLanes;
import dev.latchkey.server.refresh.leases.Holdings;
import dev.latchkey.server.refresh.leases.Leases;
import dev.latchkey.server.refresh.leases.OtherNodes;
import dev.latchkey.server.refresh.leases.Presence;
import dev.latchkey.server.refresh.leases.SharedClock;
import dev.latchkey.server.refresh.leases.UnreadableRows;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.EmbeddedPostgres;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.team.DashboardSessions;
import dev.latchkey.server.team.KnownBrowsers;
import dev.latchkey.server.team.Members;
import dev.latchkey.server.team.SignInThrottle;
import dev.latchkey.server.team.SingleSignOn;
import dev.latchkey.server.tokens.AfterGrant;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.AssumedRoles;
import dev.latchkey.server.tokens.ExchangeSteps;
import dev.latchkey.server.tokens.Installations;
import dev.latchkey.server.tokens.OAuth1Tokens;
import dev.latchkey.server.tokens.RequestSigners;
import dev.latchkey.server.tokens.SelfSigned;
import dev.latchkey.server.tokens.TokenEndpoint;
import dev.latchkey.server.tokens.VendorAddress;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import dev.latchkey.server.webhooks.inbound.Incoming;
import dev.latchkey.server.webhooks.outbound.Deliverer;
import dev.latchkey.server.webhooks.outbound.Deliveries;
import dev.latchkey.server.webhooks.outbound.Endpoints;
import dev.latchkey.server.webhooks.outbound.Outbox;
import dev.latchkey.server.webhooks.outbound.Upkeep;
import dev.latchkey.server.webhooks.outbound.WebhookAddresses;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsRouting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.LoggerFactory;

/** A running Latchkey: its parts, made in order by constructors. Reading {@link #start} is reading the architecture. */
public final class Application implements AutoCloseable {
    /** For requests under way when this node stops; what vendors were asked gets as long (Flights, RefreshEngine). */
    private static final Duration GRACE = Duration.ofSeconds(26);

    private static final Duration DATABASE_PATIENCE = Duration.ofSeconds(10);
    /** A rejected grant is tried once more after this time, before its user is asked to authorize again. */
    private static final Duration SECOND_LOOK = Duration.ofSeconds(1);
    /** So long a statement of the refresh engine waits for somebody's lock: then it lets others go on. */
    private static final Duration REFRESH_LOCK = Duration.ofSeconds(1);

    /** And so long for the database's answer, which may never come over a connection whose other end is gone. */
    private static final Duration REFRESH_ANSWER = Duration.ofSeconds(15);

    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    /** Stopped before the others, side by side: each may have to wait for somebody's answer, and all together wait once. */
    private final List<AutoCloseable> stoppedFirst = new ArrayList<>();

    private final Map<String, Secret> newKeys;
    private final List<Router.Declared> routes;
    private final List<Doors.Door> entrances;
    private final Dashboard.Registered dashboard;
    private final List<String> nearbyRoutes;
    private final Optional<Secret> setupToken;
    private final WebServer server;

    private Application(Configuration configuration, InstantSource clock) {
        SecureRandom random = new SecureRandom();
        SharedClock sharedClock = new SharedClock(clock, System::nanoTime);
        InstantSource exactClock = sharedClock.exact();
        Ids ids = new Ids(exactClock, random);
        try {
            requireFree(configuration.port());
            Supplier<DatabaseAddress> awaited = database(configuration, random);
            // What needs no database is made while one comes up.
            Catalogue catalogue = configuration
                    .providersDirectory()
                    .map(Application::definitions)
                    .orElseGet(Catalogue::load);
            Metrics metrics = keep(new Metrics(catalogue::has));
            DatabaseAddress address = awaited.get();
            Database database = keep(Database.open(address));
            keepBusy(database::stopping);
            sharedClock.read(database.now());
            database.measure(metrics.registry());
            MasterKey master = MasterKey.load(
                    configuration.encryptionKey(),
                    configuration.dataDirectory().resolve("encryption.key"),
                    () -> Vault.isThere(database),
                    random);
            Vault vault = Vault.open(
                    configuration.previousEncryptionKey().map(master::replacing).orElse(master), database, random);
            Listener listener = keep(new Listener(address));
            Announcements announcements = keep(new Announcements(database));
            AuditLog audit = new AuditLog(database, vault, random, clock);
            Environments environments = new Environments(database, vault, ids, random, audit, announcements, listener);
            ApiKeys apiKeys = new ApiKeys(database, environments, ids, random, clock, audit, announcements, listener);
            KeyUses keyUses = keep(new KeyUses(database, clock));
            newKeys = environments.createFirst(configuration.secretKey(), configuration.accountKey());
            Integrations integrations = new Integrations(database, vault, ids, clock, audit, announcements, listener);
            integrations.sealSettings();
            Logs logs = keep(new Logs(database, ids, clock, announcements, listener));
            Activity activity = keep(new Activity(database, clock));
            AddressGuard guard =
                    new AddressGuard(allowed(configuration), catalogue::namesPort, InetAddress::getAllByName);
            WebhookAddresses webhookAddresses = new WebhookAddresses(guard);
            WebhookOverride webhookOverride = new WebhookOverride(webhookAddresses);
            Endpoints webhookEndpoints =
                    new Endpoints(database, ids, clock, audit, announcements, listener, webhookAddresses);
            Providers providers = new Providers(database, catalogue, announcements, listener);
            Outbox outbox = new Outbox(webhookEndpoints, providers, ids, exactClock, announcements);
            Timeline timeline = new Timeline(ids, clock, List.of(logs, activity, outbox));
            Connections connections =
                    new Connections(database, vault, ids, clock, timeline, audit, announcements, listener);
            ConnectSessions sessions = new ConnectSessions(database, vault, ids, random, clock);
            LastFetched lastFetched = keep(new LastFetched(database, clock));
            Authorities authorities =
                    configuration.egressCa().map(Authorities::with).orElseGet(Authorities::ofTheJdk);
            Egress egress = keep(new Egress(guard, authorities, logs));
            // Connections of their own: calls through the proxy that take long must not keep a refresh from its vendor.
            Egress tokenEgress = keep(Egress.forTokens(guard, authorities, logs));
            // A pool of its own: receivers that hang must not keep a refresh from its connection.
            Egress webhookEgress = keep(new Egress(guard, authorities, EgressObserver.NOBODY));
            SigningKeys signingKeys = new SigningKeys(database, vault, random, clock, audit);
            Upkeep webhookUpkeep = keep(new Upkeep(database, webhookEndpoints, outbox, exactClock));
            Deliveries deliveries = new Deliveries(database, webhookEndpoints, outbox, audit);
            Optional<Lab> lab = configuration.lab()
                    ? Optional.of(new Lab(catalogue, providers::onStage, configuration.publicUrl(), clock, random))
                    : Optional.empty();
            VendorAddress addresses = new VendorAddress(
                    (integration, vendor) -> lab.map(it -> it.locate(providers.stage(integration), vendor))
                            .orElse(vendor));
            TokenEndpoint tokens = new TokenEndpoint(tokenEgress, addresses, sharedClock);
            RequestSigners signers = new RequestSigners(clock);
            ApiCall apiCall = new ApiCall(egress, addresses, signers);
            Prober prober = new Prober(apiCall, new DatastoreProbe(guard, DATABASE_PATIENCE));
            AfterGrant afterGrant = new AfterGrant(tokens, sharedClock);
            Installations installations = new Installations(tokens, sharedClock);
            Minting minting = new Minting(
                    tokens,
                    new ExchangeSteps(tokens, sharedClock),
                    new SelfSigned(clock),
                    installations,
                    new AssumedRoles(tokenEgress, addresses, sharedClock),
                    sharedClock);
            McpServers mcp =
                    new McpServers(database, vault, ids, tokenEgress, addresses, clock, configuration.publicUrl());
            Renewal renewal = new Renewal(tokens, afterGrant, minting, mcp, sharedClock);
            renewal.measure(metrics);
            Timetable timetable = new Timetable(sharedClock, random);
            TokenJournal journal =
                    keep(TokenJournal.open(configuration.dataDirectory().resolve("refresh-journal"), vault));
            keepBusy(new Deliverer(
                            database,
                            outbox,
                            webhookEndpoints,
                            webhookUpkeep,
                            signingKeys,
                            webhookEgress,
                            listener,
                            ids,
                            exactClock,
                            random,
                            activity,
                            journal.node(),
                            journal.predecessors()))
                    .measure(metrics);
            // A few connections that no request can take, and no lock hold up: leases end when nobody can say that they
            // last.
            Database refreshDatabase = keep(database.beside("refresh", 4, REFRESH_LOCK, REFRESH_ANSWER));
            keepBusy(refreshDatabase::stopping);
            Holdings holdings = new Holdings(clock);
            Leases leases = new Leases(
                    refreshDatabase,
                    new ConnectionRows(vault),
                    new UnreadableRows(refreshDatabase, timeline),
                    journal.node(),
                    journal.predecessors(),
                    holdings,
                    sharedClock,
                    clock);
            Presence presence = keep(leases.presence());
            OnDelete onDelete = keep(new OnDelete(providers, apiCall, tokens, mcp, connections));
            RefreshStore refreshStore = new RefreshStore(refreshDatabase, vault, connections, timeline, leases);
            RefreshCommits commits = keep(new RefreshCommits(
                    refreshStore,
                    leases,
                    holdings,
                    connections,
                    journal,
                    orphan -> integrations
                            .byIdOrDeletedLately(orphan.environment(), orphan.integration())
                            .ifPresent(integration -> onDelete.revoke(integration, orphan))));
            VendorHosts hosts = new VendorHosts(providers, random);
            BrokenIntegrations broken =
                    new BrokenIntegrations(database, integrations, connections, timeline, ids, sharedClock, random);
            Incidents incidents = new Incidents(database, connections, timeline, ids, sharedClock);
            Refresher refresher = keep(new Refresher(
                    providers,
                    integrations,
                    renewal,
                    timetable,
                    hosts,
                    refreshStore,
                    leases,
                    journal,
                    commits,
                    broken,
                    incidents,
                    logs,
                    ids,
                    sharedClock,
                    random,
                    SECOND_LOOK));
            Flights flights = keepBusy(new Flights());
            FreshCredentials fresh = new FreshCredentials(
                    providers,
                    integrations,
                    refresher,
                    hosts,
                    refreshStore,
                    leases,
                    commits,
                    flights,
                    new OtherNodes(listener),
                    sharedClock);
            JournalReplay replay =
                    new JournalReplay(journal, connections, providers, timetable, refreshStore, holdings, sharedClock);
            replay.run();
            presence.afterFailover(replay::afterFailover);
            // Before the predecessors are known to be gone: what of theirs could not be stored is this node's by then.
            presence.start();
            leases.release();
            PendingConnections pending =
                    new PendingConnections(database, vault, connections, integrations, onDelete, ids, clock);
            NewConnections newConnections =
                    new NewConnections(connections, new AfterConnectSteps(apiCall), timetable, sessions, pending);
            AuthorizationFlows flows = new AuthorizationFlows(database, vault, ids, random, clock);
            ExternalIds externalIds = new ExternalIds(database, vault, random, clock);
            Proofs proofs = new Proofs(apiCall);
            OAuth2CodeFlow codeFlow = new OAuth2CodeFlow(flows, tokens, addresses, afterGrant, newConnections, proofs);
            InstallationFlow installationFlow = new InstallationFlow(
                    flows, addresses, codeFlow, afterGrant, minting, connections, newConnections, proofs);
            BrowserFlows browserFlows = new BrowserFlows(
                    codeFlow,
                    new OAuth1Flow(flows, new OAuth1Tokens(tokenEgress, addresses, clock), addresses, newConnections),
                    installationFlow,
                    new McpFlow(mcp, codeFlow),
                    new PluginInstallFlow(flows, addresses, newConnections));
            DirectFlow directFlow = new DirectFlow(prober, minting, newConnections, externalIds);
            ClientAddress clients = new ClientAddress(configuration.trustForwarded());
            ResultSockets sockets = keep(
                    new ResultSockets(database, listener, vault, clients, clock, random, configuration.publicUrl()));
            Optional<Function<Provider, LabApp>> labApps = lab.map(it -> LabApp::of);
            HttpRouting.Builder routing = HttpRouting.builder();
            BrowserRules rules = new BrowserRules(configuration.publicUrl());
            routing.addFilter(rules);
            routing.addFilter(new Gate(metrics));
            Doors doors = new Doors(routing, configuration.rateLimit(), configuration.flowRateLimit(), clients, clock);
            NodeHealth nodeHealth = new NodeHealth();
            new NodeHealthRoute(nodeHealth).register(doors.by(Limit.ASSET));
            Router router = new Router(
                    doors, new Authentication(apiKeys, keyUses, clients), sessions, environments::byId, activity);
            ProviderJson providerJson = new ProviderJson(configuration.publicUrl());
            IntegrationRemoval removal = new IntegrationRemoval(integrations, connections, onDelete);
            new IntegrationRoutes(integrations, providers, providerJson, removal, broken, labApps).register(router);
            HealthRoutes health =
                    new HealthRoutes(integrations, new ConnectionHealth(database, sharedClock), incidents);
            health.register(router);
            RefreshJobs jobs = new RefreshJobs(database, ids, sharedClock, journal.node(), audit);
            RefreshJobRunner jobRunner = keepBusy(new RefreshJobRunner(jobs, connections, providers, fresh));
            new RefreshRoutes(connections, integrations, fresh, jobs, providers, sharedClock).register(router);
            new ConnectionRoutes(
                            connections,
                            new ConnectionList(database),
                            integrations,
                            providers,
                            fresh,
                            directFlow,
                            installations,
                            lastFetched,
                            onDelete,
                            timetable,
                            health,
                            webhookOverride,
                            pending,
                            sharedClock)
                    .register(router);
            Brandings brandings = new Brandings(database, audit);
            new SessionRoutes(
                            sessions,
                            integrations,
                            providers,
                            connections,
                            brandings,
                            webhookOverride,
                            externalIds,
                            configuration.publicUrl())
                    .register(router);
            new BrandingRoutes(brandings, configuration.publicUrl()).register(router);
            new EnvironmentRoutes(environments, configuration.publicUrl()).register(router);
            new WebhookRoutes(webhookEndpoints, deliveries).register(router);
            new DeliveryRoutes(webhookEndpoints, deliveries).register(router);
            new SigningKeyRoutes(signingKeys).register(router);
            FlowEnds ends = new FlowEnds(database, sessions, connections, timeline, logs);
            SessionIntegrations ofSessions = new SessionIntegrations(integrations, providers);
            new FinishRoutes(pending).register(router);
            new FlowRoutes(ofSessions, directFlow, installationFlow, ends, logs).register(router);
            new DeviceRoutes(ofSessions, new DeviceFlow(flows, tokens, codeFlow, newConnections), ends, logs)
                    .register(router);
            FlowCookie flowCookie = new FlowCookie(configuration.publicUrl(), flows::token);
            UserConfirmation confirmation = new UserConfirmation(
                    sessions,
                    connections,
                    brandings,
                    providers,
                    ends,
                    environments,
                    flowCookie,
                    configuration.publicUrl());
            new AuthorizationRoutes(
                            router,
                            integrations,
                            providers,
                            flows,
                            browserFlows,
                            sockets,
                            sessions,
                            ends,
                            logs,
                            environments::byId,
                            configuration.publicUrl(),
                            flowCookie,
                            confirmation)
                    .register(doors.by(Limit.FLOW));
            Nodes nodes = keep(new Nodes(ids.next(), announcements, listener, clock));
            Proxy proxy = new Proxy(
                    egress,
                    addresses,
                    signers,
                    fresh,
                    new RateBudgets(clock, announcements, listener, nodes, metrics),
                    configuration.proxyHosts(),
                    configuration.proxyMaxWait(),
                    clock,
                    random);
            keep(new ProxyRoutes(proxy, integrations, connections, providers, lastFetched, metrics, logs, pending))
                    .register(router);
            LogSearch logSearch = new LogSearch(database);
            History history = new History(database);
            new LogRoutes(logSearch, history, connections).register(router);
            new ActivityRoutes(activity, clock).register(router);
            new IncomingRoutes(
                            integrations,
                            providers,
                            new Incoming(
                                    database,
                                    connections,
                                    outbox,
                                    ids,
                                    clock,
                                    (integration, provider, waiting, installation) ->
                                            installationFlow.approve(provider, integration, waiting, installation)),
                            configuration.publicUrl())
                    .register(doors.by(Limit.WEBHOOK));
            egress.measure(metrics);
            new MetricsRoute(metrics).register(configuration.metrics(), router, doors.by(Limit.ASSET));
            StaticFiles.register(doors.by(Limit.ASSET));
            Members members = new Members(database, ids, random, clock, audit);
            AuditAnchors anchors =
                    new AuditAnchors(audit, database, configuration.dataDirectory(), outbox::anchored, clock);
            anchors.check();
            new AccountRoutes(environments, members, audit, configuration.publicUrl()).register(router);
            Pauses pauses =
                    new Pauses(database, clock, audit, timeline, connections, integrations, environments, apiKeys);
            new PauseRoutes(pauses, connections, integrations).register(router);
            new KeyRoutes(environments, apiKeys, pauses, clock).register(router);
            new AuditRoutes(audit, anchors).register(router);
            OwnDefinitions definitions =
                    new OwnDefinitions(database, catalogue, providers, integrations, connections, guard, clock, audit);
            new ProviderRoutes(providers, definitions, providerJson, audit, broken)
                    .register(router, doors.by(Limit.ASSET));
            configuration.dashboardPassword().ifPresent(members::presetOwner);
            setupToken = members.isEmpty() ? Optional.of(members.setupToken()) : Optional.empty();
            ConnectPages connectPages = new ConnectPages(
                    providers,
                    sessions,
                    integrations,
                    connections,
                    brandings,
                    externalIds,
                    confirmation,
                    configuration.publicUrl(),
                    clock);
            connectPages.register(doors.by(Limit.FLOW));
            DashboardSessions dashboardSessions = new DashboardSessions(database, random, clock);
            NearbyDoor door = new NearbyDoor(dashboardSessions, configuration.publicUrl());
            new StartPage(
                            providers,
                            environments,
                            integrations,
                            connections,
                            sessions,
                            members,
                            labApps,
                            door,
                            connectPages::page)
                    .register(doors.by(Limit.FLOW));
            SignInThrottle throttle = new SignInThrottle(database, clock);
            dashboard = Dashboard.register(
                    new Dashboard.Parts(
                            configuration.publicUrl(),
                            lab.isPresent(),
                            clock,
                            providers,
                            definitions,
                            environments,
                            brandings,
                            connectPages,
                            integrations,
                            connections,
                            new ConnectionSearch(database),
                            new ConnectionCounts(database),
                            sessions,
                            fresh,
                            broken,
                            onDelete,
                            logs,
                            logSearch,
                            history,
                            activity,
                            apiKeys,
                            webhookEndpoints,
                            deliveries,
                            signingKeys,
                            labApps,
                            configuration
                                    .oidc()
                                    .map(oidc -> new SingleSignOn(
                                            new SingleSignOn.Settings(
                                                    oidc.issuer(), oidc.clientId(), oidc.clientSecret()),
                                            egress,
                                            configuration.publicUrl(),
                                            random,
                                            clock)),
                            members,
                            dashboardSessions,
                            new KnownBrowsers(database, random, clock),
                            clients,
                            throttle,
                            audit,
                            anchors,
                            pauses,
                            keepBusy(new LiveStreams())),
                    doors);
            lab.ifPresent(it -> it.route(doors.by(Limit.LAB), door::opensTo));
            lab.ifPresent(it -> Lab.controls().forEach(door::declare));
            nearbyRoutes = door.declared();
            routes = router.declared();
            OpenApi description = new OpenApi(routes);
            description.register(doors.by(Limit.ASSET));
            new ApiReferencePage(description::description).register(doors.by(Limit.ASSET));
            router.rest();
            entrances = doors.declared();
            keep(new Housekeeping(
                    database, clock, List.of(vault::renew, pending::expire, throttle::tidy, anchors::renew)));
            GrantWarnings warnings = new GrantWarnings(database, connections, timeline, sharedClock);
            EndedGrants ended = new EndedGrants(database, connections, timeline, ids, sharedClock);
            RefreshEngine engine = keepBusy(new RefreshEngine(
                    new DueLanes(database, hosts),
                    leases,
                    broken,
                    hosts,
                    refresher,
                    flights,
                    sharedClock,
                    configuration.refreshAhead(),
                    List.of(
                            leases::tidy,
                            incidents::look,
                            warnings::tell,
                            ended::mark,
                            refresher::absolve,
                            replay::again)));
            nodeHealth
                    .check(
                            "database_away",
                            "The database cannot be reached: results of refreshes are held until it is back.",
                            () -> engine.isAway() || commits.isAway())
                    .check(
                            "disk_full",
                            "The journal in LATCHKEY_DATA_DIR cannot be written: nothing that uses up a refresh token is "
                                    + "refreshed until there is room.",
                            () -> !journal.ready())
                    .check(
                            "answers_kept",
                            "The journal in LATCHKEY_DATA_DIR has token answers that cannot be stored; the log says which and why.",
                            () -> replay.waiting() > 0 || journal.unread() > 0)
                    .check(
                            "clock_wrong",
                            "This machine's clock is more than a minute away from the database's, which counts meanwhile: "
                                    + "set it right (NTP).",
                            sharedClock::isWrong)
                    .measure(metrics);
            metrics.gauge(
                    "latchkey.refreshes.running",
                    "Refreshes ahead of time under way",
                    List.of(),
                    engine,
                    RefreshEngine::running);
            metrics.gauge(
                    "latchkey.refreshes.held",
                    "Results of refreshes that wait to be written",
                    List.of(),
                    commits,
                    RefreshCommits::waiting);
            listener.start();
            broken.started();
            engine.start();
            jobRunner.start();
            ClientConnections connected = keep(new ClientConnections(
                    configuration.clients(),
                    clients,
                    new SocketUpgrades(
                            doors, clients, origin -> sockets.isOwn(origin) || environments.isParent(origin)),
                    rules,
                    metrics));
            server = listen(configuration, routing, sockets.routing(), connected);
            keepBusy(server::stop);
        } catch (RuntimeException e) {
            close();
            throw Database.isLocked(e)
                    ? new ConfigurationException(
                            "Another session of the database holds a lock on a table that this server needs to start. "
                                    + "Start it again when that session has ended.",
                            e)
                    : e;
        }
    }

    /** @throws ConfigurationException when it cannot run; what was started is stopped again */
    public static Application start(Configuration configuration) {
        return start(configuration, InstantSource.system());
    }

    /**
     * With a clock of one's own, which may be wrong and may jump.
     *
     * @throws ConfigurationException when it cannot run; what was started is stopped again
     */
    public static Application start(Configuration configuration, InstantSource clock) {
        return new Application(configuration, clock);
    }

    /** What the API is made of. */
    public List<Router.Declared> routes() {
        return routes;
    }

    /** Every route, the dashboard's too, with the limit for its callers. */
    public List<Doors.Door> entrances() {
        return entrances;
    }

    /** What can be done in the dashboard, each with the API's operation that does the same. */
    public Map<String, String> dashboardActions() {
        return dashboard.actions();
    }

    /** What members can open and do in the dashboard, each with who may. */
    public List<DashboardRoute> dashboardRoutes() {
        return dashboard.routes();
    }

    /** What answers this machine and signed-in members alone: method and path. */
    public List<String> nearbyRoutes() {
        return nearbyRoutes;
    }

    public int port() {
        return server.port();
    }

    /** The API keys made on this start, by environment: to be shown once, since only their hashes are stored. */
    public Map<String, Secret> newKeys() {
        return newKeys;
    }

    /** Lets its holder set the dashboard's first password; absent when there is one. */
    public Optional<Secret> setupToken() {
        return setupToken;
    }

    /** The lab is our own address, which need not be public, nor need the company's identity provider. */
    private static List<String> allowed(Configuration configuration) {
        List<String> allowed = new ArrayList<>(configuration.egressAllow());
        configuration.oidc().ifPresent(oidc -> allowed.add(place(oidc.issuer())));
        if (configuration.lab()) {
            allowed.add(place(configuration.publicUrl()));
        }
        return allowed;
    }

    private static String place(URI uri) {
        return uri.getHost() + ":" + (uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80);
    }

    /** The database that is configured, or the embedded one, whose process is started here; its address when it answers. */
    private Supplier<DatabaseAddress> database(Configuration configuration, SecureRandom random) {
        if (configuration.databaseUrl().isPresent()) {
            DatabaseAddress given =
                    DatabaseAddress.parse(configuration.databaseUrl().get().reveal());
            return () -> given;
        }
        EmbeddedPostgres embedded =
                keep(EmbeddedPostgres.begin(configuration.dataDirectory().resolve("postgres"), random, List.of()));
        return () -> embedded.awaitReady().address();
    }

    /** Looked at before anything else is started, and because the web server would write a stack trace. */
    private static void requireFree(int port) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress("0.0.0.0", port));
        } catch (IOException e) {
            throw notFree(port);
        }
    }

    private static ConfigurationException notFree(int port) {
        return new ConfigurationException(
                "Port " + port + " cannot be listened on: stop what uses it, or set LATCHKEY_PORT to another.");
    }

    /** The operator's own, which may be wrong: an error in one is a sentence, as any other setting's. */
    private static Catalogue definitions(Path folder) {
        try {
            return Catalogue.load(folder);
        } catch (CatalogueException e) {
            throw new ConfigurationException(
                    "The definitions in LATCHKEY_PROVIDERS_DIR have errors ("
                            + String.join("; ", String.valueOf(e.getMessage()).split("\n"))
                            + "); `./latchkey providers check " + folder + "` lists them.",
                    e);
        } catch (UncheckedIOException e) {
            throw new ConfigurationException(
                    "The definitions in LATCHKEY_PROVIDERS_DIR cannot be read: make each *.yaml in " + folder
                            + " a file in UTF-8 that this process may read.",
                    e);
        }
    }

    private static WebServer listen(
            Configuration configuration,
            HttpRouting.Builder routing,
            WsRouting.Builder sockets,
            ClientConnections clients) {
        WebServer server = WebServer.builder()
                .port(configuration.port())
                .host("0.0.0.0")
                // Handlers bound what they read; what goes through the proxy may be of any size.
                // latest.
                .protocolsDiscoverServices(false)
                // Where a WebSocket looks for its limits; who speaks it is said by ClientConnections.
                .addProtocol(WsConfig.create())
                .addConnectionSelector(clients)
                .directHandlers(clients.errors())
                // Bodies are inflated where they are read, within a limit.
                .contentEncoding(new UntouchedCodings())
                // The process stops the parts in its own order.
                .shutdownHook(false)
                // What is under way is finished: a caller who waits for a vendor gets its answer. Idle connections end
                // at once.
                .shutdownGracePeriod(GRACE)
                .routing(routing)
                .addRouting(sockets)
                .build()
                .start();
        // Helidon logs a failed bind and goes on.
        if (!server.isRunning()) {
            throw notFree(configuration.port());
        }
        return server;
    }

    private <T extends AutoCloseable> T keep(T part) {
        parts.push(part);
        return part;
    }

    private <T extends AutoCloseable> T keepBusy(T part) {
        stoppedFirst.add(part);
        return part;
    }

    /** Stops what waits for others, then the other parts, the last started first. */
    @Override
    public void close() {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            stoppedFirst.forEach(part -> threads.execute(() -> stop(part)));
        }
        stoppedFirst.clear();
        while (!parts.isEmpty()) {
            stop(parts.pop());
        }
    }

    private static void stop(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            LoggerFactory.getLogger(Application.class).warn("A part did not stop well.", e);
        }
    }
}
