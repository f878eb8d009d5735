package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.environments.Logo;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.ApiError.Detail;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Caller;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.EnvironmentProviders;
import dev.latchkey.server.providers.OwnDefinitions;
import dev.latchkey.server.providers.OwnDefinitions.Outcome;
import dev.latchkey.server.providers.ProviderLogos;
import dev.latchkey.server.providers.Providers;
import io.helidon.http.Method;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code /providers}: the catalogue, and an environment's own definitions. */
public final class ProviderRoutes {
    private static final String READ = "environment:integrations:list";

    private final Providers providers;
    private final OwnDefinitions definitions;
    private final ProviderLogos logos;
    private final ProviderJson json;

    public ProviderRoutes(Providers providers, OwnDefinitions definitions, ProviderLogos logos, ProviderJson json) {
        this.logos = logos;
        this.providers = providers;
        this.definitions = definitions;
        this.json = json;
    }

    public void register(Router router) {
        // Functions, and so their templates, are not part of this product.
        router.backend(Method.GET, "/providers/{name}/templates", READ, call -> {
            call.withoutQuery().providerName();
            ObjectNode none = Json.MAPPER.createObjectNode();
            none.putArray("data");
            return Router.Response.ok(none);
        });
        router.anyone(Method.GET, "/providers", this::list);
        router.anyone(Method.GET, "/providers/{name}", this::get);
        router.document(Method.POST, "/providers", "environment:providers:create", this::add);
        router.document(Method.PUT, "/providers/{name}", "environment:providers:update", this::change);
        router.backend(Method.DELETE, "/providers/{name}", "environment:providers:delete", this::remove);
        router.backend(Method.PUT, "/providers/{name}/logo", "environment:providers:update", this::setLogo);
        router.backend(Method.DELETE, "/providers/{name}/logo", "environment:providers:delete", this::removeLogo);
    }

    private Router.Response setLogo(Router.Call call) {
        Body body = call.withoutQuery().body();
        String id = call.providerName();
        Optional<Logo> logo = body.text("logo").flatMap(text -> {
            Optional<Logo> read = DataUrl.logo(text);
            if (read.isEmpty()) {
                body.problem("invalid_format", DataUrl.RULE, "logo");
            }
            return read;
        });
        if (!body.json().has("logo")) {
            body.problem("required", DataUrl.RULE, "logo");
        }
        body.end();
        return switch (logos.set(call.actor(), call.environmentId(), id, logo.orElseThrow())) {
            case DONE -> {
                EnvironmentProviders there = providers.in(call.environmentId());
                yield Router.Response.ok(
                        data(json.write(there, there.find(id).orElseThrow(ProviderRoutes::noProvider))));
            }
            case UNKNOWN -> throw noProvider();
            case TOO_MANY ->
                throw conflict("An environment gives at most " + ProviderLogos.most()
                        + " logos; for more, the server's operator can put them into LATCHKEY_PROVIDERS_DIR.");
        };
    }

    private Router.Response removeLogo(Router.Call call) {
        String id = call.withoutQuery().providerName();
        return switch (logos.remove(call.actor(), call.environmentId(), id)) {
            case DONE -> Router.Response.ok(Json.MAPPER.createObjectNode().put("success", true));
            case UNKNOWN, TOO_MANY ->
                throw ApiError.notFound("This environment gave no logo to a provider of this name.");
        };
    }

    private static ApiError noProvider() {
        return ApiError.notFound("There is no provider of this name; GET /providers lists them.");
    }

    private Router.Response list(Router.Call call) {
        Query query = call.query();
        Optional<String> search = query.text("search").map(text -> text.toLowerCase(Locale.ROOT));
        if (search.filter(text -> !IntegrationKeys.isAllowed(text)).isPresent()) {
            query.problem("invalid_format", IntegrationKeys.RULE, "search");
        }
        query.end();
        EnvironmentProviders there = providers.in(call.environmentId());
        ArrayNode found = Json.MAPPER.createArrayNode();
        there.all().stream()
                .filter(provider -> search.isEmpty()
                        || provider.id().contains(search.get())
                        || provider.name().toLowerCase(Locale.ROOT).contains(search.get()))
                .map(provider -> json.write(there, provider))
                .forEach(found::add);
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", found);
        return Router.Response.ok(body);
    }

    private Router.Response get(Router.Call call) {
        call.withoutQuery();
        EnvironmentProviders there = providers.in(call.environmentId());
        Provider provider = there.find(call.providerName()).orElseThrow(ProviderRoutes::noProvider);
        ObjectNode one = json.write(there, provider);
        if (call.caller() instanceof Caller.Backend && call.may(READ)) {
            there.text(provider.id()).ifPresent(text -> one.put("definition", text));
            there.definition(provider.id())
                    .ifPresent(own -> one.put("created_at", Times.text(own.createdAt()))
                            .put("updated_at", Times.text(own.updatedAt())));
        }
        return Router.Response.ok(data(one));
    }

    /** @param dryRun nothing is kept */
    private record Options(boolean newHosts, boolean dryRun) {
        static Options of(Router.Call call) {
            Query query = call.query();
            Options options = new Options(query.flag("allow_new_hosts"), query.flag("dry_run"));
            query.end();
            return options;
        }
    }

    private Router.Response add(Router.Call call) {
        Options options = Options.of(call);
        String text = DefinitionBody.read(call.request());
        UUID environment = call.environmentId();
        Provider added = saved(
                options.dryRun()
                        ? definitions.rehearse(call.actor(), environment, Optional.empty(), text, options.newHosts())
                        : definitions.add(call.actor(), environment, text, options.newHosts()));
        return Router.Response.created(data(json.write(providers.in(environment), added)));
    }

    private Router.Response change(Router.Call call) {
        Options options = Options.of(call);
        String id = call.providerName();
        String text = DefinitionBody.read(call.request());
        UUID environment = call.environmentId();
        Provider changed = saved(
                options.dryRun()
                        ? definitions.rehearse(call.actor(), environment, Optional.of(id), text, options.newHosts())
                        : definitions.change(call.actor(), environment, id, text, options.newHosts()));
        return Router.Response.ok(data(json.write(providers.in(environment), changed)));
    }

    private Router.Response remove(Router.Call call) {
        boolean newHosts = newHosts(call);
        String id = call.providerName();
        Outcome outcome = definitions.remove(call.actor(), call.environmentId(), id, newHosts);
        if (!(outcome instanceof Outcome.Removed)) {
            throw refusal(outcome);
        }
        return Router.Response.ok(Json.MAPPER.createObjectNode().put("success", true));
    }

    private static boolean newHosts(Router.Call call) {
        Query query = call.query();
        boolean newHosts = query.flag("allow_new_hosts");
        query.end();
        return newHosts;
    }

    private static Provider saved(Outcome outcome) {
        if (outcome instanceof Outcome.Saved it) {
            return it.provider();
        }
        throw refusal(outcome);
    }

    private static ApiError refusal(Outcome outcome) {
        return switch (outcome) {
            case Outcome.Invalid it ->
                ApiError.invalid(
                        "invalid_body",
                        it.problems().stream().map(ProviderRoutes::detail).toList());
            case Outcome.Taken it ->
                conflict("A definition with the id '" + it.id() + "' exists already: PUT /providers/" + it.id()
                        + " changes it.");
            case Outcome.Unknown _ ->
                ApiError.notFound(
                        "This environment has no definition of its own with this id; POST /providers adds one.");
            case Outcome.TooMany it -> conflict(it.words());
            case Outcome.InUse it -> conflict(it.words());
            case Outcome.NeedsCredentialScopes it ->
                ApiError.of(
                        403,
                        "forbidden",
                        it.words("a key with the scopes environment:integrations:read_credentials and"
                                + " environment:connections:read_credentials, too."));
            case Outcome.Breaks it -> conflict(it.words());
            case Outcome.NewHosts it ->
                conflict(it.words() + " To allow it, repeat the request with ?allow_new_hosts=true.");
            case Outcome.Saved it -> throw new AssertionError("it was saved");
            case Outcome.Removed it -> throw new AssertionError("it was removed");
        };
    }

    private static ApiError conflict(String message) {
        return ApiError.of(409, "conflict", message);
    }

    private static Detail detail(Problem problem) {
        String place = problem.line() > 0 ? "line " + problem.line() + ": " : "";
        return new Detail("invalid_definition", place + problem.message(), problem.path());
    }

    private static ObjectNode data(ObjectNode json) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.set("data", json);
        return body;
    }
}
