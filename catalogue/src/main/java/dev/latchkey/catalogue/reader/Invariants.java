package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provenance;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.model.Webhook;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Templates;
import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Rules for a definition as a whole, beyond the form of each part. */
final class Invariants {
    private static final Pattern FIXED_HOST = Pattern.compile("(https?://[^/?#$]+)([/?#].*)?", Pattern.DOTALL);

    private final Section section;
    private final Provider provider;
    private final Reach reach;
    private final Templates templates;

    Invariants(Section section, Provider provider, Reach reach, Templates templates) {
        this.section = section;
        this.provider = provider;
        this.reach = reach;
        this.templates = templates;
    }

    void check() {
        proof();
        sources();
        claims();
        approval();
        facts().problems().forEach(problem -> section.problem("auth", problem));
        facts().codes().flatMap(code -> code.problems().stream()).forEach(problem -> section.problem("auth", problem));
        Addresses.of(provider).forEach(this::address);
        provider.api().further().ports().stream()
                .filter(port -> !reach.ports().test(port))
                .forEach(port -> section.problem(
                        new Templates.Place(section.line("api"), List.of("api", "ports")),
                        "port " + port + " is not open; the server's operator can open it with"
                                + " LATCHKEY_EGRESS_ALLOW=*:" + port));
        if (section.flag("own_hosts", false)) {
            section.problem(
                    "own_hosts",
                    "'own_hosts' let users name the host that the app's secret is sent to: make the host a setting of the"
                            + " integration (scope: integration) instead");
        }
        Addresses.ofSecrets(provider).forEach(this::secretAddress);
    }

    /** An untested secret needs a verification call, or the statement that the vendor has none. */
    private void proof() {
        if (facts().holdsStaticSecret() && !section.has("verify")) {
            section.problem("auth", "a static secret needs a 'verify' call, or verify: none");
        }
    }

    /** A field that the server fills must be filled by something. */
    private void sources() {
        for (Field field : provider.fields().values()) {
            field.source().ifPresent(source -> source(field, source));
        }
    }

    private void source(Field field, Field.Source source) {
        if (source instanceof Field.Source.AfterConnectStep
                && provider.calls().afterConnect().stream()
                        .noneMatch(one -> one.pick().containsKey(field.id()))) {
            section.problem(
                    "fields",
                    "field '" + field.id() + "' is filled after connecting, but no step of 'after_connect'"
                            + " picks config." + field.id());
        }
        if (source instanceof Field.Source.Callback && !facts().opensPage()) {
            section.problem("fields", "field '" + field.id() + "' is filled by a callback, but this kind has none");
        }
        if (source instanceof Field.Source.Generated && facts().generated().noneMatch(field.id()::equals)) {
            section.problem("fields", "field '" + field.id() + "': only aws_role has what is generated");
        }
        if (source instanceof Field.Source.Backend && field.scope() == Field.Scope.INTEGRATION) {
            section.problem("fields", "field '" + field.id() + "': a setting of the integration has no 'from'");
        }
    }

    /** A proof that does not check the account named by the callback proves nothing. */
    private void claims() {
        facts().proof().ifPresent(proof -> {
            boolean looks = provider.fields().values().stream()
                    .filter(field -> field.source().orElse(null) instanceof Field.Source.Callback)
                    .anyMatch(field -> Provenance.of(provider, field) == Provenance.Basis.PROVEN);
            if (!looks) {
                section.problem("auth", "'proof' must ask for config.NAME of a field with from: callback.NAME");
            }
        });
    }

    /** The requester of an installation is identified by a token; a typed or callback value could be anyone's. */
    private void approval() {
        provider.webhook()
                .flatMap(Webhook::approval)
                .ifPresent(approval -> approval.match().keySet().forEach(key -> {
                    Field field = provider.fields().get(key.replaceFirst("^config\\.", ""));
                    boolean learned = key.startsWith("config.")
                            && field != null
                            && field.source()
                                    .filter(source -> source instanceof Field.Source.Token
                                            || source instanceof Field.Source.AfterConnectStep)
                                    .isPresent();
                    if (!learned) {
                        section.problem(
                                "webhook",
                                "'approval' must match by config.NAME of a field that a token carries: from: token.PATH or"
                                        + " after_connect, not by '" + key + "'");
                    }
                }));
    }

    /**
     * The app's secret is sent to this address. A user who connects, or a callback in their browser, must not be able to name a host
     * of their own in it: either what they give is held to the vendor's hosts, or the host comes from the product.
     */
    private void secretAddress(Text url) {
        for (Template template : url.alternatives()) {
            template.hosts().stream()
                    .filter(reference -> reference.root().equals("config"))
                    .map(reference -> provider.fields().get(reference.path().get(0)))
                    .filter(field -> field != null && !isTrusted(field))
                    .forEach(field -> ForeignHosts.reachedBy(field, template)
                            .ifPresent(host -> section.problem(
                                    "fields",
                                    "field '" + field.id()
                                            + "' decides where the app's secret is sent, and a user could type"
                                            + " any host in it, such as " + host
                                            + ": make it a setting of the integration"
                                            + " (scope: integration, and ${app." + field.id()
                                            + "} in addresses), or ask"
                                            + " for a name only and write the vendor's suffix into the address"
                                            + " (https://${config." + field.id() + "}.vendor.com)")));
        }
    }

    /** Whether neither the user nor their browser says what is in it. */
    private static boolean isTrusted(Field field) {
        if (field.fixed().isPresent()) {
            return true;
        }
        return field.source().map(Field.Source::isTrusted).orElse(field.scope() == Field.Scope.INTEGRATION);
    }

    private AuthFacts facts() {
        return provider.auth().facts();
    }

    private void address(Text url) {
        for (Template template : url.alternatives()) {
            String text = template.source();
            boolean fine = text.startsWith("https://") || text.startsWith("${") || text.startsWith("/");
            boolean thisMachine = reach.thisMachine() && text.matches("http://(127\\.0\\.0\\.\\d+|localhost)([:/].*)?");
            Templates.Place place = templates.place(template, section.place("auth"));
            if (!fine && !thisMachine) {
                section.problem(place, "'" + text + "' must begin with https://");
            } else {
                host(text).ifPresent(problem -> section.problem(place, problem));
            }
        }
    }

    /** What is wrong with scheme, host and port, if they contain no values. */
    private Optional<String> host(String url) {
        Matcher fixed = FIXED_HOST.matcher(url);
        if (!fixed.matches()) {
            return Optional.empty();
        }
        try {
            URI address = URI.create(fixed.group(1));
            return address.getHost() == null
                    ? Optional.of("'" + url + "' names no host")
                    : reach.hosts().apply(address);
        } catch (IllegalArgumentException e) {
            return Optional.of("'" + url + "' names no host");
        }
    }
}
