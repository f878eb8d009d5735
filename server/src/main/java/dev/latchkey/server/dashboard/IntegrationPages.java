package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connect.IntegrationChanges;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionCounts;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.refresh.jobs.ExchangeJobs;
import dev.latchkey.server.refresh.jobs.RefreshJobs;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/** The integrations of an environment, and each one's setup and health. */
public final class IntegrationPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Integrations integrations;
    private final Providers providers;
    private final IntegrationChanges changes;
    private final ConnectionCounts counts;
    private final ExchangeJobs exchanges;
    private final RefreshJobs jobs;
    private final URI publicUrl;

    IntegrationPages(
            Integrations integrations,
            Providers providers,
            IntegrationChanges changes,
            ConnectionCounts counts,
            ExchangeJobs exchanges,
            RefreshJobs jobs,
            URI publicUrl) {
        this.integrations = integrations;
        this.providers = providers;
        this.changes = changes;
        this.counts = counts;
        this.exchanges = exchanges;
        this.jobs = jobs;
        this.publicUrl = publicUrl;
    }

    /** @param health good, warn or bad; words says why */
    public record IntegrationRow(
            Integration integration, String providerName, String kind, long connections, String health, String words) {}

    public record IntegrationsFound(List<IntegrationRow> rows, List<ApiExample> examples) {}

    /**
     * Setting up, before and after the integration exists.
     *
     * @param integration absent while it is new
     * @param settings fields that the whole integration has one value of
     */
    public record SetupPage(
            Provider provider,
            String kind,
            Optional<Integration> integration,
            String key,
            boolean canLab,
            Registration registration,
            Suggested scopes,
            List<Field> settings,
            Connected connected,
            List<ApiExample> examples) {

        /** What is done at the provider first. */
        public record Registration(boolean needsClient, boolean needsApp, String callbackUrl, List<String> steps) {}

        /** @param known of the provider, with those that are chosen, @param others chosen ones that it does not list */
        public record Suggested(List<Scopes.Known> known, Set<String> chosen, String others, Optional<URI> docs) {}

        /** @param obsolete absent where the provider's stored tokens are not, @param running jobs that refresh all of them */
        public record Connected(
                long count,
                List<ConnectionCounts.Failing> failing,
                Optional<Obsolete> obsolete,
                List<RefreshJobs.Job> running) {}

        /** Stored tokens that the provider makes obsolete. @param exchange the newest one */
        public record Obsolete(Optional<RefreshJobs.Job> exchange) {}

        public boolean isNew() {
            return integration.isEmpty();
        }

        public String setting(String id) {
            return integration.map(it -> it.settings().getOrDefault(id, "")).orElse("");
        }

        /** No user can connect yet. */
        public boolean lacksClient() {
            return integration
                            .filter(it -> !it.lab() && it.clientId().isEmpty())
                            .isPresent()
                    && provider.auth().facts().needsClient();
        }

        public boolean hasScopes() {
            return provider.auth().facts().scopes().isPresent();
        }

        public boolean hasSecret(String name) {
            return integration.filter(it -> it.secrets().containsKey(name)).isPresent();
        }
    }

    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/integrations", Permission.VIEW, this::list);
        router.page(
                "/dashboard/{env}/integrations/new/{provider}",
                Permission.CHANGE,
                visit -> setup(visit, provider(visit, visit.path("provider")), Optional.empty()));
        router.action(
                "/dashboard/{env}/integrations/new/{provider}", "POST /integrations", Permission.CHANGE, this::create);
        router.page("/dashboard/{env}/integrations/{key}", Permission.VIEW, visit -> {
            Integration integration = integration(visit);
            return setup(visit, provider(visit, integration), Optional.of(integration));
        });
        router.action(
                "/dashboard/{env}/integrations/{key}", "PATCH /integrations/{key}", Permission.CHANGE, this::update);
        router.action(
                "/dashboard/{env}/integrations/{key}/delete",
                "DELETE /integrations/{key}",
                Permission.CHANGE,
                this::delete);
    }

    private Reply list(Visit visit) {
        Map<UUID, Long> connections = counts.byIntegration(visit.environmentId());
        List<ConnectionCounts.Failing> failing = counts.failing(visit.environmentId());
        List<IntegrationRow> rows = integrations.list(visit.environmentId()).stream()
                .map(one -> row(one, connections.getOrDefault(one.id(), 0L), failing))
                .toList();
        return Reply.html(TEMPLATES.integrations(
                visit.frame("Integrations", "integrations"),
                new IntegrationsFound(
                        rows,
                        List.of(
                                ApiExample.of("List integrations", "GET", publicUrl + "/integrations")
                                        .node("const { data } = await nango.listIntegrations();"),
                                ApiExample.of("List providers", "GET", publicUrl + "/providers?search=git")
                                        .node("const { data } = await nango.listProviders({ search: \"git\" });")))));
    }

    private IntegrationRow row(Integration integration, long connections, List<ConnectionCounts.Failing> failing) {
        Optional<Provider> provider = providers.of(integration);
        long broken = failing.stream()
                .filter(one -> one.integrationKey().equals(integration.uniqueKey()))
                .mapToLong(ConnectionCounts.Failing::count)
                .sum();
        // If all connections fail, the integration is marked; a single connection may be misconfigured itself.
        boolean misconfigured = integration.broken().isPresent()
                || failing.stream()
                        .anyMatch(one -> one.integrationKey().equals(integration.uniqueKey())
                                && one.kind() == Connection.Failure.Kind.MISCONFIGURED);
        String health;
        String words;
        if (provider.isEmpty()) {
            health = "bad";
            words = "Not in the catalogue any more";
        } else if (IntegrationSetup.lacksClient(providers, integration)) {
            health = "warn";
            words = "Needs a client id";
        } else if (misconfigured) {
            health = "bad";
            words = "The provider refuses its client";
        } else if (broken > 0) {
            health = "warn";
            words = Words.count(broken) + " failing";
        } else {
            health = "good";
            words = connections == 0 ? "Ready" : "Working";
        }
        return new IntegrationRow(
                integration,
                provider.map(Provider::name).orElse(integration.provider()),
                provider.map(it -> it.auth().facts().label()).orElse(""),
                connections,
                health,
                words);
    }

    private Reply setup(Visit visit, Provider provider, Optional<Integration> integration) {
        Auth auth = provider.auth();
        String callback = visit.environment().callbackUrl().orElse(publicUrl + "/oauth/callback");
        boolean needsApp = auth.facts().installedApp().isPresent();
        String key =
                integration.map(Integration::uniqueKey).orElseGet(() -> freeKey(visit.environment(), provider.id()));
        return Reply.html(TEMPLATES.integration(
                visit.frame(integration.map(Integration::displayName).orElse(provider.name()), "integrations"),
                new SetupPage(
                        provider,
                        auth.facts().label(),
                        integration,
                        key,
                        changes.hasLab() && auth.facts().datastore().isEmpty(),
                        new SetupPage.Registration(
                                provider.auth().facts().needsClient() || needsApp,
                                needsApp,
                                callback,
                                provider.about().setup().steps().stream()
                                        .map(step -> step.replace(Provider.Setup.CALLBACK, callback))
                                        .toList()),
                        IntegrationForm.suggested(provider, integration),
                        provider.fields().values().stream()
                                .filter(field -> field.scope() == Field.Scope.INTEGRATION
                                        && field.fixed().isEmpty()
                                        && field.source().isEmpty())
                                .toList(),
                        connected(visit, integration),
                        integration
                                .map(it -> IntegrationExamples.of(publicUrl, provider, key, exchanges.offers(it)))
                                .orElseGet(() -> IntegrationExamples.ofNew(publicUrl, provider, key)))));
    }

    private SetupPage.Connected connected(Visit visit, Optional<Integration> integration) {
        return integration
                .map(it -> new SetupPage.Connected(
                        counts.byIntegration(visit.environmentId()).getOrDefault(it.id(), 0L),
                        counts.failing(visit.environmentId()).stream()
                                .filter(one -> one.integrationKey().equals(it.uniqueKey()))
                                .toList(),
                        Optional.of(it)
                                .filter(exchanges::offers)
                                .map(one -> new SetupPage.Obsolete(exchanges.last(one))),
                        jobs.running(it)))
                .orElseGet(() -> new SetupPage.Connected(0, List.of(), Optional.empty(), List.of()));
    }

    /** Its id, with a number if that is taken. */
    private String freeKey(Environment environment, String id) {
        return Stream.iterate(1, i -> i + 1)
                .map(i -> i == 1 ? id : id + "-" + i)
                .filter(key -> integrations.find(environment.id(), key).isEmpty())
                .findFirst()
                .orElse(id);
    }

    private Reply create(Visit visit) {
        Provider provider = provider(visit, visit.path("provider"));
        boolean inLab = visit.checked("lab") && changes.hasLab();
        IntegrationChanges.Outcome outcome = changes.create(
                visit.actor(),
                visit.environmentId(),
                new IntegrationChanges.New(
                        visit.field("unique_key"),
                        provider.id(),
                        visit.filled("display_name"),
                        IntegrationForm.registration(visit, provider, inLab),
                        IntegrationForm.scopes(visit),
                        true,
                        inLab));
        return switch (outcome) {
            case IntegrationChanges.Outcome.Saved made ->
                Reply.see(
                        page(visit, made.integration()),
                        IntegrationSetup.lacksClient(providers, made.integration())
                                ? made.integration().displayName()
                                        + " is added. Give it a client id and secret, and it is ready."
                                : made.integration().displayName() + " is ready. Connect a test user to see it work.");
            case IntegrationChanges.Outcome refused ->
                Reply.see(
                        visit.at("/integrations/new/" + PercentEncoding.encode(provider.id())),
                        "!" + IntegrationForm.words(refused));
        };
    }

    private Reply update(Visit visit) {
        Integration integration = integration(visit);
        Provider provider = provider(visit, integration);
        String back = page(visit, integration);
        IntegrationChanges.Outcome outcome = changes.change(
                visit.actor(),
                integration,
                new IntegrationChanges.Change(
                        Optional.empty(),
                        visit.filled("display_name"),
                        IntegrationForm.registration(visit, provider, integration.lab()),
                        IntegrationForm.removed(visit, provider, integration),
                        Optional.of(IntegrationForm.scopes(visit)),
                        Optional.of(visit.checked("forward_webhooks")),
                        Optional.empty()));
        return switch (outcome) {
            case IntegrationChanges.Outcome.Saved _ -> Reply.see(back, "Saved.");
            case IntegrationChanges.Outcome.KeyTaken _ -> Reply.see(back, "!The integration has been deleted.");
            case IntegrationChanges.Outcome refused -> Reply.see(back, "!" + IntegrationForm.words(refused));
        };
    }

    private Reply delete(Visit visit) {
        Integration integration = integration(visit);
        boolean whole = changes.delete(visit.actor(), integration);
        return Reply.see(
                visit.at("/integrations"),
                integration.displayName()
                        + (whole
                                ? " is deleted, with its connections."
                                : " is deleted. The rest of its connections is being deleted in the background."));
    }

    static String page(Visit visit, Integration integration) {
        return visit.at("/integrations/" + PercentEncoding.encode(integration.uniqueKey()));
    }

    private Integration integration(Visit visit) {
        return integrations
                .find(visit.environmentId(), visit.path("key"))
                .orElseThrow(() ->
                        PageException.notFound("There is no integration with this key. It may have been deleted."));
    }

    private Provider provider(Visit visit, Integration integration) {
        return providers.of(integration).orElseGet(() -> provider(visit, integration.provider()));
    }

    private Provider provider(Visit visit, String id) {
        return providers
                .in(visit.environmentId())
                .find(id)
                .orElseThrow(() -> PageException.notFound("The catalogue has no provider '" + id + "'."));
    }
}
