package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Verification;
import dev.latchkey.catalogue.template.Text;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A provider's endpoints, as its definition names them. Immutable. */
final class Endpoints {
    private final LabApp app;
    private final Routes routes;

    Endpoints(Provider provider, LabApp app, Playing playing) {
        this.app = app;
        this.routes = new Routes(provider, app);
        playing.routes(routes);
        provider.calls()
                .onDelete()
                .ifPresent(call -> routes.add(call, captured -> new Endpoint.Revocation(call, captured)));
        provider.calls()
                .afterConnect()
                .forEach(step -> step.call()
                        .ifPresent(call -> routes.add(call, captured -> new Endpoint.Learning(step, captured))));
        if (provider.calls().verification() instanceof Verification.Probe probe) {
            int status = probe.statuses().isEmpty() ? 200 : probe.statuses().getFirst();
            probe.calls().forEach(call -> routes.add(call, captured -> new Endpoint.Probe(call, status, captured)));
        }
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

    /** Several endpoints may share an address; the method and the definition's constants distinguish them. */
    Endpoint find(LabRequest request) {
        Optional<Endpoint> first = routes.first.stream()
                .flatMap(place -> place.apply(request).stream())
                .findFirst();
        if (first.isPresent()) {
            return first.get();
        }
        Map<String, String> parameters = request.parameters();
        Optional<Endpoint> other = routes.others.stream()
                .filter(route -> route.isMethodOf(request) && constantsPresent(route.call(), parameters))
                .flatMap(route -> route.pattern().match(request.location()).map(route.endpoint()).stream())
                .findFirst();
        return other.or(() -> authorization(request, parameters))
                .or(() -> token(request))
                .or(() -> wrongMethod(request))
                .orElseGet(() -> new Endpoint.Resource(captureBase(request)));
    }

    private static boolean constantsPresent(Call call, Map<String, String> parameters) {
        return Stream.of(call.query(), members(call.body()))
                .flatMap(values -> values.entrySet().stream())
                .allMatch(value -> constant(value.getValue())
                        .map(text -> text.equals(parameters.get(value.getKey())))
                        .orElse(true));
    }

    private Optional<Endpoint> token(LabRequest request) {
        Optional<Call> exchanges = call(routes.exchange, request);
        Optional<Call> refreshes = call(routes.refresh, request);
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
        return Stream.concat(routes.exchange.stream(), routes.refresh.stream())
                .filter(route -> route.pattern().match(request.location()).isPresent())
                .map(route -> route.call().method().name())
                .findFirst()
                .or(() -> matchesAuthorization(request) ? Optional.of("GET") : Optional.empty())
                .map(method -> new Endpoint.WrongMethod(method, Map.of()));
    }

    private static Optional<Call> call(List<Routes.Route> routes, LabRequest request) {
        return routes.stream()
                .filter(route -> route.isMethodOf(request))
                .filter(route -> route.pattern().match(request.location()).isPresent())
                .map(Routes.Route::call)
                .findFirst();
    }

    private boolean matchesAuthorization(LabRequest request) {
        return routes.authorization.stream()
                .anyMatch(pattern -> pattern.match(request.location()).isPresent());
    }

    /** A key may be a part of the API's address. */
    private Map<String, String> captureBase(LabRequest request) {
        return routes.bases()
                .map(base -> TemplatePattern.url(base, app).matchPrefix(request.location()))
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
