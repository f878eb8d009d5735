package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.ClientAuth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;

/** A provider's endpoints, as its definition names them. Immutable. */
final class Endpoints {
    /** @param endpoint from the values in the URL */
    private record Route(TemplatePattern pattern, Call call, Function<Map<String, String>, Endpoint> endpoint) {}

    private final Provider provider;
    private final LabApp app;
    private final List<TemplatePattern> authorization = new ArrayList<>();
    private final List<Route> exchange = new ArrayList<>();
    private final List<Route> refresh = new ArrayList<>();
    private boolean devices;
    private boolean discovered;
    private final List<Route> others = new ArrayList<>();

    Endpoints(Provider provider, LabApp app) {
        this.provider = provider;
        this.app = app;
        switch (provider.auth()) {
            case Auth.OAuth2Code code -> code(code);
            case Auth.OAuth2Client client -> {
                token(exchange, client.exchange());
                introspection(client.expiry());
            }
            case Auth.OAuth1 oauth1 -> {
                absolute(oauth1.authorize().url()).forEach(url -> authorization.add(TemplatePattern.url(url, app)));
                add(oauth1.request(), Endpoint.RequestToken::new);
                add(oauth1.access(), Endpoint.AccessToken::new);
            }
            case Auth.Exchange exchange -> {
                exchange.steps().forEach(step -> add(step.call(), captured -> new Endpoint.Step(step, captured)));
                exchange.refresh()
                        .ifPresent(call -> add(call, captured -> new Endpoint.ExchangeRefresh(call, captured)));
            }
            case Auth.AppInstallation installation -> {
                installation.install().alternatives().stream()
                        .map(Template::source)
                        .map(source -> source.replace("${app.publicLink}", "https://github.com/apps/" + app.clientId()))
                        .forEach(url -> authorization.add(TemplatePattern.url(url, app)));
                add(installation.tokenCall(), Endpoint.InstallationToken::new);
                installation.user().or(installation::prover).ifPresent(user -> token(exchange, user.exchange()));
                installation.proof().ifPresent(this::proof);
            }
            case Auth.AwsRole role ->
                absolute(role.sts())
                        .map(url -> new Route(
                                TemplatePattern.url(url, app),
                                new Call(
                                        Call.Method.POST,
                                        role.sts(),
                                        Map.of(),
                                        Map.of(),
                                        new Body.Form(Map.of(
                                                "Action",
                                                Text.of(Template.parse("AssumeRole", Template.Position.PLAIN)))),
                                        Optional.empty()),
                                Endpoint.AssumeRole::new))
                        .forEach(others::add);
            case Auth.Mcp mcp -> {
                code(McpVendor.code("${config.host}", new ClientAuth.None("client_id")));
                discovered = true;
            }
            case Auth.PluginInstall plugin ->
                absolute(plugin.install()).forEach(url -> authorization.add(TemplatePattern.url(url, app)));
            case Auth.Entered _ -> {}
        }
        provider.onDelete().ifPresent(call -> add(call, captured -> new Endpoint.Revocation(call, captured)));
        provider.afterConnect()
                .forEach(step ->
                        step.call().ifPresent(call -> add(call, captured -> new Endpoint.Learning(step, captured))));
        if (provider.verification() instanceof Verification.Probe probe) {
            int status = probe.statuses().isEmpty() ? 200 : probe.statuses().getFirst();
            probe.calls().forEach(call -> add(call, captured -> new Endpoint.Probe(call, status, captured)));
        }
    }

    private void code(Auth.OAuth2Code code) {
        absolute(code.authorize().url()).forEach(url -> authorization.add(TemplatePattern.url(url, app)));
        code.authorize().pushed().ifPresent(url -> {
            Call call = new Call(Call.Method.POST, url, Map.of(), Map.of(), new Body.Form(Map.of()), Optional.empty());
            add(call, captured -> new Endpoint.Pushed(call, captured));
        });
        code.device().ifPresent(url -> {
            Call call = new Call(Call.Method.POST, url, Map.of(), Map.of(), new Body.Form(Map.of()), Optional.empty());
            add(call, captured -> new Endpoint.DeviceAuthorization(call, captured));
            devices = true;
        });
        code.then()
                .forEach(then -> add(then.call(), captured -> new Endpoint.Swap(then.call(), then.token(), captured)));
        code.refresh().ifPresent(call -> {
            if (carriesAccessToken(call)) {
                add(call, captured -> new Endpoint.Swap(call, code.token(), captured));
            } else {
                token(refresh, call);
            }
        });
        token(exchange, code.exchange());
        introspection(code.expiry());
        code.proof().ifPresent(this::proof);
    }

    private void proof(Auth.Proof proof) {
        add(proof.call(), captured -> new Endpoint.Proof(proof, captured));
    }

    private static boolean carriesAccessToken(Call call) {
        return Stream.of(call.query(), call.headers(), members(call.body()))
                .flatMap(values -> values.values().stream())
                .flatMap(text -> text.alternatives().stream())
                .flatMap(template -> template.references().stream())
                .anyMatch(reference -> reference.equals(new Template.Reference("token", List.of("access"))));
    }

    private void introspection(Auth.Expiry expiry) {
        expiry.introspect().ifPresent(one -> add(one.call(), captured -> new Endpoint.Introspection(one, captured)));
    }

    private void token(List<Route> routes, Call call) {
        routes(call, captured -> new Endpoint.Token(Optional.of(call), Optional.empty(), captured))
                .forEach(routes::add);
    }

    private void add(Call call, Function<Map<String, String>, Endpoint> endpoint) {
        routes(call, endpoint).forEach(others::add);
    }

    private Stream<Route> routes(Call call, Function<Map<String, String>, Endpoint> endpoint) {
        return absolute(call.url()).map(url -> new Route(TemplatePattern.url(url, app), call, endpoint));
    }

    static Map<String, Text> members(Body body) {
        return switch (body) {
            case Body.Form form -> form.members();
            case Body.Json json -> json.members();
            case Body.Xml xml -> Map.of();
            case Body.Plain plain -> Map.of();
            case Body.Empty empty -> Map.of();
        };
    }

    private Stream<String> bases() {
        return provider.api().base().stream()
                .flatMap(base -> base.alternatives().stream())
                .map(Template::source)
                .map(source -> source.endsWith("/") ? source.substring(0, source.length() - 1) : source);
    }

    private Stream<String> absolute(Text url) {
        return url.alternatives().stream()
                .map(Template::source)
                .map(ExchangeVendor::withAnswers)
                .flatMap(source -> source.startsWith("/") ? bases().map(base -> base + source) : Stream.of(source));
    }

    /** Several endpoints may share an address; the method and the definition's constants distinguish them. */
    Endpoint find(LabRequest request) {
        if (devices && request.location().endsWith(DeviceVendor.PAGE)) {
            return new Endpoint.DevicePage(Map.of());
        }
        Optional<Endpoint> metadata = discovered ? McpVendor.place(request) : Optional.empty();
        if (metadata.isPresent()) {
            return metadata.get();
        }
        Map<String, String> parameters = request.parameters();
        Optional<Endpoint> other = others.stream()
                .filter(route -> isMethodOf(route, request) && constantsPresent(route.call(), parameters))
                .flatMap(route -> route.pattern().match(request.location()).map(route.endpoint()).stream())
                .findFirst();
        return other.or(() -> authorization(request, parameters))
                .or(() -> token(request))
                .or(() -> wrongMethod(request))
                .orElseGet(() -> new Endpoint.Resource(captureBase(request)));
    }

    private static boolean isMethodOf(Route route, LabRequest request) {
        return route.call().method().name().equals(request.method());
    }

    private static boolean constantsPresent(Call call, Map<String, String> parameters) {
        return Stream.of(call.query(), members(call.body()))
                .flatMap(values -> values.entrySet().stream())
                .allMatch(value -> constant(value.getValue())
                        .map(text -> text.equals(parameters.get(value.getKey())))
                        .orElse(true));
    }

    private Optional<Endpoint> token(LabRequest request) {
        Optional<Call> exchanges = call(exchange, request);
        Optional<Call> refreshes = call(refresh, request);
        return exchanges.isPresent() || refreshes.isPresent()
                ? Optional.of(new Endpoint.Token(exchanges, refreshes, Map.of()))
                : Optional.empty();
    }

    /** A token endpoint may share the address of the consent page, whose form is then recognized by what it lacks. */
    private Optional<Endpoint> authorization(LabRequest request, Map<String, String> parameters) {
        boolean page = request.method().equals("GET");
        boolean form = request.method().equals("POST") && parameters.containsKey("decision");
        return (page || form) && !parameters.containsKey("grant_type") && matchesAuthorization(request)
                ? Optional.of(new Endpoint.Authorization(Map.of()))
                : Optional.empty();
    }

    private Optional<Endpoint> wrongMethod(LabRequest request) {
        return Stream.concat(exchange.stream(), refresh.stream())
                .filter(route -> route.pattern().match(request.location()).isPresent())
                .map(route -> route.call().method().name())
                .findFirst()
                .or(() -> matchesAuthorization(request) ? Optional.of("GET") : Optional.empty())
                .map(method -> new Endpoint.WrongMethod(method, Map.of()));
    }

    private static Optional<Call> call(List<Route> routes, LabRequest request) {
        return routes.stream()
                .filter(route -> isMethodOf(route, request))
                .filter(route -> route.pattern().match(request.location()).isPresent())
                .map(Route::call)
                .findFirst();
    }

    private boolean matchesAuthorization(LabRequest request) {
        return authorization.stream()
                .anyMatch(pattern -> pattern.match(request.location()).isPresent());
    }

    /** A key may be a part of the API's address. */
    private Map<String, String> captureBase(LabRequest request) {
        return bases().map(base -> TemplatePattern.url(base, app).matchPrefix(request.location()))
                .flatMap(Optional::stream)
                .findFirst()
                .orElse(Map.of());
    }

    /** The text of a value that is the same in every request. */
    static Optional<String> constant(Text text) {
        return text.alternatives().size() == 1
                        && !text.alternatives().getFirst().source().contains("${")
                ? Optional.of(text.alternatives().getFirst().source())
                : Optional.empty();
    }
}
