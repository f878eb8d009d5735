package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Body;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;

/** Which endpoint is at which of a vendor's addresses, in the order in which they are tried. */
final class Routes {
    /** @param endpoint from the values in the URL */
    record Route(TemplatePattern pattern, Call call, Function<Map<String, String>, Endpoint> endpoint) {
        boolean isMethodOf(LabRequest request) {
            return call.method().name().equals(request.method());
        }
    }

    private final Provider provider;
    private final LabApp app;
    final List<Function<LabRequest, Optional<Endpoint>>> first = new ArrayList<>();
    final List<TemplatePattern> authorization = new ArrayList<>();
    final List<Route> exchange = new ArrayList<>();
    final List<Route> refresh = new ArrayList<>();
    final List<Route> others = new ArrayList<>();

    Routes(Provider provider, LabApp app) {
        this.provider = provider;
        this.app = app;
    }

    /** A call that posts a form of any content. */
    static Call post(Text url) {
        return new Call(Call.Method.POST, url, Map.of(), Map.of(), new Body.Form(Map.of()), Optional.empty());
    }

    /** Looks at each request before any other endpoint does. */
    void first(Function<LabRequest, Optional<Endpoint>> place) {
        first.add(place);
    }

    /** Where users decide. */
    void authorization(Text url) {
        absolute(url).forEach(this::authorization);
    }

    void authorization(String url) {
        authorization.add(TemplatePattern.url(url, app));
    }

    /** The token endpoint, for a first token. */
    void exchange(Call call) {
        token(exchange, call);
    }

    /** The token endpoint, for refreshes. */
    void refresh(Call call) {
        token(refresh, call);
    }

    private void token(List<Route> routes, Call call) {
        at(call, captured -> new Endpoint.Token(Optional.of(call), Optional.empty(), captured))
                .forEach(routes::add);
    }

    void introspection(Auth.Expiry expiry) {
        expiry.introspect().ifPresent(one -> add(one.call(), captured -> new Endpoint.Introspection(one, captured)));
    }

    /** A call by which a credential is obtained or kept. @param answer from the values in the URL */
    void tokenCall(Call call, BiFunction<Map<String, String>, LabRequest, Answer> answer) {
        add(call, captured -> Endpoint.Handled.token(captured, request -> answer.apply(captured, request)));
    }

    /** A call that counts as one of the API. */
    void apiCall(Call call, BiFunction<Map<String, String>, LabRequest, Answer> answer) {
        add(call, captured -> Endpoint.Handled.api(captured, request -> answer.apply(captured, request)));
    }

    void add(Call call, Function<Map<String, String>, Endpoint> endpoint) {
        at(call, endpoint).forEach(others::add);
    }

    private Stream<Route> at(Call call, Function<Map<String, String>, Endpoint> endpoint) {
        return absolute(call.url()).map(url -> new Route(TemplatePattern.url(url, app), call, endpoint));
    }

    /** The beginnings of the API's addresses. */
    Stream<String> bases() {
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
}
