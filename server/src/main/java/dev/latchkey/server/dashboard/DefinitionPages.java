package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.providers.EnvironmentProviders;
import dev.latchkey.server.providers.OwnDefinition;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.providers.OwnDefinitions.Outcome;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Providers that an environment defines itself: the list, and each one's text to edit. */
public final class DefinitionPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    /** Complete, so that a user starts by changing a working one. */
    private static final String BEGINNING = """
            id: acme
            name: Acme
            api_docs: https://developers.acme.example/keys
            fields:
              apiKey: { scope: secret, title: API key }
            auth: { kind: api_key }
            api:
              base: https://api.acme.example
              headers: { authorization: "Bearer ${secret.apiKey}" }
            verify: { call: GET /me }
            """;

    private static final String AS_JSON =
            "{\"id\": \"acme\", \"name\": \"Acme\", \"api_docs\": \"https://developers.acme.example/keys\", \"fields\": {\"apiKey\": {\"scope\": \"secret\"}}, "
                    + "\"auth\": {\"kind\": \"api_key\"}, \"api\": {\"base\": \"https://api.acme.example\", \"headers\": {\"x-key\": \"${secret.apiKey}\"}}, \"verify\": \"none\"}";

    private final Providers providers;
    private final OwnDefinitions definitions;
    private final Integrations integrations;
    private final URI publicUrl;

    DefinitionPages(Providers providers, OwnDefinitions definitions, Integrations integrations, URI publicUrl) {
        this.providers = providers;
        this.definitions = definitions;
        this.integrations = integrations;
        this.publicUrl = publicUrl;
    }

    /**
     * @param provider absent when this version cannot read the definition any more
     * @param shipped a shipped one of the same id is replaced by it
     * @param users the integrations that use it
     */
    public record Row(OwnDefinition definition, Optional<Provider> provider, boolean shipped, List<Integration> users) {
        public String name() {
            return provider.map(Provider::name).orElse(definition.id());
        }
    }

    public record DefinitionList(List<Row> rows, List<ApiExample> examples) {}

    /** @param line counted from 1; 0 when no line is at fault. @param quote the text there */
    public record Mistake(int line, String quote, String message) {}

    /** @param newHosts new hosts that would receive credentials: to be confirmed */
    public record Refusal(String words, List<Mistake> mistakes, boolean newHosts) {}

    /**
     * @param row absent for a new one
     * @param the id of the template of a new one, or empty
     * @param choices of templates
     */
    public record DefinitionForm(
            Optional<Row> row,
            String text,
            String from,
            List<Provider> choices,
            Optional<Refusal> refusal,
            List<ApiExample> examples) {
        public int lines() {
            return (int) Math.clamp(text.lines().count() + 2, 14, 40);
        }
    }

    /** An id has no underscore: no definition's own page can have the address of the empty form. */
    void register(DashboardRouter router) {
        router.page("/dashboard/{env}/providers", Permission.VIEW, this::list);
        router.page("/dashboard/{env}/providers/_new", Permission.CHANGE, this::begin);
        router.largeAction("/dashboard/{env}/providers/_new", "POST /providers", Permission.CHANGE, this::add);
        router.page("/dashboard/{env}/providers/{id}", Permission.VIEW, visit -> {
            Row row = row(visit);
            return form(visit, Optional.of(row), row.definition().text(), Optional.empty());
        });
        router.largeAction("/dashboard/{env}/providers/{id}", "PUT /providers/{name}", Permission.CHANGE, this::change);
        router.action(
                "/dashboard/{env}/providers/{id}/delete", "DELETE /providers/{name}", Permission.CHANGE, this::remove);
    }

    private Reply list(Visit visit) {
        EnvironmentProviders there = providers.in(visit.environmentId());
        List<Integration> all = integrations.list(visit.environmentId());
        String url = publicUrl + "/providers";
        return Reply.html(TEMPLATES.definitions(
                visit.frame("Own providers", "integrations"),
                new DefinitionList(
                        there.definitions().stream()
                                .map(one -> row(one, there, all))
                                .toList(),
                        List.of(
                                ApiExample.of("List providers", "GET", url),
                                ApiExample.of("Define one", "POST", url).with(AS_JSON)))));
    }

    private Row row(Visit visit) {
        EnvironmentProviders there = providers.in(visit.environmentId());
        return there.definition(visit.path("id"))
                .map(one -> row(one, there, integrations.list(visit.environmentId())))
                .orElseThrow(() -> PageException.notFound(
                        "This environment has no definition of its own with this id. It may have been deleted."));
    }

    private Row row(OwnDefinition definition, EnvironmentProviders there, List<Integration> all) {
        return new Row(
                definition,
                there.find(definition.id()),
                providers.shipped(definition.id()).isPresent(),
                all.stream()
                        .filter(one -> one.provider().equals(definition.id()))
                        .toList());
    }

    private Reply begin(Visit visit) {
        EnvironmentProviders there = providers.in(visit.environmentId());
        String text = visit.query("from")
                .map(from -> there.text(from)
                        .orElseThrow(
                                () -> PageException.notFound("No definition with this id can be used as a template.")))
                .orElse(BEGINNING);
        return form(visit, Optional.empty(), text, Optional.empty());
    }

    private Reply form(Visit visit, Optional<Row> row, String text, Optional<Refusal> refusal) {
        String url = publicUrl + "/providers";
        String from = visit.query("from").orElse("");
        List<ApiExample> examples = row.map(it -> url + "/" + it.definition().id())
                .map(one -> List.of(
                        ApiExample.of("Read it", "GET", one),
                        ApiExample.of("Change it", "PUT", one).with(AS_JSON),
                        ApiExample.of("Delete it", "DELETE", one)))
                .orElse(List.of(
                        ApiExample.of("Read one as a template", "GET", url + "/" + (from.isEmpty() ? "github" : from)),
                        ApiExample.of("Define it", "POST", url).with(AS_JSON)));
        EnvironmentProviders there = providers.in(visit.environmentId());
        List<Provider> choices = row.isPresent()
                ? List.of()
                : there.all().stream()
                        .filter(one -> there.hasText(one.id()))
                        .sorted(Comparator.comparing(one -> one.name().toLowerCase(Locale.ROOT)))
                        .toList();
        return new Reply.Html(
                TEMPLATES.definition(
                        visit.frame(row.map(Row::name).orElse("Define a provider"), "integrations"),
                        new DefinitionForm(row, text, from, choices, refusal, examples)),
                refusal.isPresent() ? 400 : 200);
    }

    private Reply add(Visit visit) {
        String text = text(visit);
        return switch (definitions.add(visit.actor(), visit.environmentId(), text, newHosts(visit))) {
            case Outcome.Saved saved -> {
                Provider added = saved.provider();
                yield Reply.see(
                        visit.at("/providers/" + added.id()),
                        added.name() + " is defined. Add an integration of it to connect your users.");
            }
            case Outcome refused -> form(visit, Optional.empty(), text, Optional.of(refusal(refused, text)));
        };
    }

    private Reply change(Visit visit) {
        Row row = row(visit);
        String id = row.definition().id();
        String text = text(visit);
        return switch (definitions.change(visit.actor(), visit.environmentId(), id, text, newHosts(visit))) {
            case Outcome.Saved saved -> {
                yield Reply.see(visit.at("/providers/" + id), "Saved.");
            }
            case Outcome refused -> form(visit, Optional.of(row), text, Optional.of(refusal(refused, text)));
        };
    }

    private Reply remove(Visit visit) {
        Row row = row(visit);
        String id = row.definition().id();
        return switch (definitions.remove(visit.actor(), visit.environmentId(), id, newHosts(visit))) {
            case Outcome.Removed removed -> {
                yield Reply.see(
                        visit.at("/providers"),
                        row.shipped()
                                ? "The definition is deleted. The one shipped with Latchkey is in force again."
                                : row.name() + " is deleted.");
            }
            case Outcome refused -> {
                String text = row.definition().text();
                yield form(visit, Optional.of(row), text, Optional.of(refusal(refused, text)));
            }
        };
    }

    /** As typed: stripping its beginning would break YAML. Browsers send line ends as CRLF. */
    private static String text(Visit visit) {
        return visit.form()
                .first("definition")
                .orElse("")
                .replace("\r\n", "\n")
                .stripTrailing()
                .concat("\n");
    }

    private static boolean newHosts(Visit visit) {
        return visit.checked("allow_new_hosts");
    }

    /** The API's message, adapted to this page. */
    private static Refusal refusal(Outcome outcome, String text) {
        return switch (outcome) {
            case Outcome.Invalid it ->
                new Refusal(
                        it.problems().size() == 1
                                ? "It was not saved: there is a mistake in it."
                                : "It was not saved: there are " + it.problems().size() + " mistakes in it.",
                        it.problems().stream()
                                .map(problem -> mistake(problem, text))
                                .toList(),
                        false);
            case Outcome.Taken it ->
                refusal("A definition with the id '" + it.id() + "' exists already: change that one.");
            case Outcome.Unknown it -> refusal("The definition has been deleted.");
            case Outcome.TooMany it -> refusal(it.words());
            case Outcome.InUse it -> refusal(it.words());
            case Outcome.NeedsCredentialScopes it ->
                refusal(it.words("a member who may see credentials in this environment. An owner can allow it."));
            case Outcome.Breaks it -> refusal(it.words());
            case Outcome.NewHosts it -> new Refusal(it.words(), List.of(), true);
            case Outcome.Saved it -> throw new AssertionError("it was saved");
            case Outcome.Removed it -> throw new AssertionError("it was removed");
        };
    }

    private static Refusal refusal(String words) {
        return new Refusal(words, List.of(), false);
    }

    private static Mistake mistake(Problem problem, String text) {
        String quote = text.lines()
                .skip(Math.max(0, problem.line() - 1))
                .findFirst()
                .map(String::strip)
                .orElse("");
        return new Mistake(problem.line(), problem.line() > 0 ? quote : "", problem.message());
    }
}
