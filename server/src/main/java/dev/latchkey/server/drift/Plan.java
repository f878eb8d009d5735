package dev.latchkey.server.drift;

import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.drift.Probe.Metadata.Kind;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What can be looked at from outside, by a definition. */
final class Plan {
    private static final String OPENID = "openid";

    private final Provider provider;
    private final Set<Probe> probes = new LinkedHashSet<>();

    private Plan(Provider provider) {
        this.provider = provider;
    }

    static List<Probe> of(Provider provider) {
        Plan plan = new Plan(provider);
        plan.endpoints();
        provider.auth().facts().discovered().ifPresent(plan::discovered);
        provider.auth().facts().codes().forEach(plan::metadata);
        if (provider.auth().facts().speaksHttp()) {
            provider.api().base().ifPresent(base -> plan.probes.add(plan.at("api", base, Probe.Api::new)));
        }
        return List.copyOf(plan.probes);
    }

    private interface Making {
        Probe of(URI at);
    }

    private Probe at(String what, Text address, Making making) {
        return resolved(address)
                .map(making::of)
                .orElseGet(() -> new Probe.Unknown(
                        what, address.alternatives().getFirst().source()));
    }

    private void endpoints() {
        provider.auth().facts().endpoints().forEach((name, address) -> {
            String what = name.replaceFirst("_url$", "");
            probes.add(
                    name.equals("authorization_url")
                            ? at("authorize", address, Probe.Authorize::new)
                            : at(what, address, at -> new Probe.Token(what, method(name), at)));
        });
        provider.auth()
                .facts()
                .codeGrant()
                .flatMap(grant -> grant.refresh().call())
                .ifPresent(call -> {
                    Probe refresh = at(
                            "refresh",
                            call.url(),
                            at -> new Probe.Token("refresh", call.method().name(), at));
                    boolean known =
                            probes.stream().anyMatch(one -> one.address().equals(refresh.address()));
                    if (!known) {
                        probes.add(refresh);
                    }
                });
    }

    private String method(String name) {
        return name.equals("token_url")
                ? provider.auth()
                        .facts()
                        .codeGrant()
                        .map(CodeGrant::exchange)
                        .or(provider.auth().facts()::tokenCall)
                        .map(call -> call.method().name())
                        .orElse("POST")
                : "POST";
    }

    private void discovered(Text server) {
        Optional<Probe.Expected> known =
                provider.auth().facts().codes().findFirst().map(this::expected);
        probes.add(at("metadata", server, at -> new Probe.Metadata(Kind.MCP, at, known.isEmpty(), known)));
    }

    private void metadata(CodeGrant grant) {
        Optional<URI> issuer =
                grant.consent().issuer().filter(text -> text.startsWith("http")).map(URI::create);
        Scopes scopes = grant.consent().authorize().scope();
        if (issuer.isPresent()) {
            probes.add(new Probe.Metadata(Kind.ISSUER, issuer.get(), true, Optional.of(expected(grant))));
        } else if (Stream.of(scopes.names(), scopes.always(), scopes.defaults())
                .anyMatch(all -> all.contains(OPENID))) {
            resolved(grant.consent().authorize().url())
                    .map(page -> URI.create(page.getScheme() + "://" + page.getRawAuthority()))
                    .ifPresent(origin ->
                            probes.add(new Probe.Metadata(Kind.ISSUER, origin, false, Optional.of(expected(grant)))));
        }
    }

    private Probe.Expected expected(CodeGrant grant) {
        List<Probe.Endpoint> endpoints = new ArrayList<>();
        resolved(grant.consent().authorize().url())
                .ifPresent(at -> endpoints.add(new Probe.Endpoint("authorization_endpoint", at)));
        resolved(grant.exchange().url()).ifPresent(at -> endpoints.add(new Probe.Endpoint("token_endpoint", at)));
        return new Probe.Expected(List.copyOf(endpoints), grant.consent().pkce());
    }

    /** With what a definition itself says of its fields; an example is not an address to call. */
    private Optional<URI> resolved(Text address) {
        try {
            return address.expand(this::value).map(URI::create).filter(uri -> uri.getHost() != null);
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    private Optional<String> value(Template.Reference reference) {
        return Optional.of(reference)
                .filter(one -> one.root().equals("config") && one.path().size() == 1)
                .map(one -> provider.fields().get(one.path().getFirst()))
                .filter(field -> field.scope() == Field.Scope.CONNECTION)
                .flatMap(field -> field.fixed()
                        .or(field::defaultValue)
                        .or(() -> field.accepts().choices().stream().findFirst()));
    }
}
