package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.InstallLink;
import dev.latchkey.catalogue.model.NangoNames;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Templates;
import java.net.URI;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads one definition, and checks what must hold of the whole. */
public final class ProviderReader {
    private final String file;
    private final Reach reach;
    private final List<Problem> problems;
    private final Observer observer;

    private final Templates templates = new Templates();
    private final Map<String, Field> fields = new LinkedHashMap<>();

    public ProviderReader(String file, Reach reach, List<Problem> problems) {
        this(file, reach, problems, Observer.NONE);
    }

    ProviderReader(String file, Reach reach, List<Problem> problems, Observer observer) {
        this.observer = observer;
        this.file = file;
        this.reach = reach;
        this.problems = problems;
    }

    public Optional<Provider> read(Node root) {
        int before = problems.size();
        Section section = Section.of(file, root, problems, templates, observer);
        Set<String> exposed = new HashSet<>();
        section.section("fields")
                .ifPresent(all -> all.keys()
                        .forEach(id -> all.section(id).ifPresent(one -> {
                            if (one.flag("exposed", false)) {
                                exposed.add(id);
                            }
                            fields.put(id, FieldReader.read(id, one));
                        })));
        Optional<Section> authSection = section.section("auth");
        section.needs("auth");
        Optional<Auth> known = authSection.flatMap(AuthReader::read);
        Auth auth = learning(known.orElseGet(Auth.NoAuth::new));
        Provider provider = new Provider(
                section.required("id"),
                section.required("name"),
                new Provider.About(
                        section.texts("tags"),
                        section.address("site"),
                        docs(section),
                        section.address("help"),
                        section.text("icon"),
                        section.section("checked").flatMap(CheckedReader::read),
                        section.map("setup", ProviderReader::setup)
                                .orElse(new Provider.Setup(Optional.empty(), List.of(), Optional.empty())),
                        section.map("no_webhooks", ProviderReader::noWebhooks)),
                fields,
                auth,
                ApiReader.api(section.sectionOrEmpty("api")),
                new Provider.Calls(
                        ApiReader.verification(section),
                        section.sections("after_connect").stream()
                                .map(ApiReader::afterConnect)
                                .toList(),
                        section.map("on_delete", one -> CallReader.read(one, Call.Method.POST))),
                section.map("webhook", WebhookReader::read),
                account(section),
                section.map(
                                "nango",
                                one -> NangoNamesReader.read(
                                        one, section.address("api_docs").orElse(URI.create(""))))
                        .orElse(NangoNames.NONE));
        if (known.isPresent()) {
            whole(section, provider, exposed);
        }
        section.end();
        return problems.size() == before
                ? Optional.of(provider.with(Collections.unmodifiableMap(fields)))
                : Optional.empty();
    }

    private static Provider.NoWebhooks noWebhooks(Section section) {
        section.needs("page");
        return new Provider.NoWebhooks(
                section.required("why"), section.address("page").orElse(URI.create("")));
    }

    /** What must hold beyond the form of each part; most of it depends on the kind. */
    private void whole(Section section, Provider provider, Set<String> exposed) {
        learned(provider);
        installs(section, provider);
        if (provider.webhook().isPresent() && provider.about().noWebhooks().isPresent()) {
            section.problem("no_webhooks", "there is a webhook: section; leave one of them out");
        }
        String expected = file.replaceFirst("^.*/", "").replaceFirst("\\.ya?ml$", "");
        if (!provider.id().equals(expected)) {
            section.problem("id", "the id must be the file's name, '" + expected + "'");
        }
        NangoNamesReader.check(section, provider);
        new FieldUse(section, provider, fields, templates).check(exposed);
        new Invariants(section, provider, reach, templates).check();
    }

    private static Provider.Setup setup(Section section) {
        return new Provider.Setup(
                section.address("page"),
                section.texts("steps"),
                section.map(
                        "install",
                        one -> new InstallLink(
                                one.address("docs").orElseGet(() -> {
                                    one.needs("docs");
                                    return URI.create("https://example.com/");
                                }),
                                one.texts("steps"),
                                one.entries("given"),
                                CodeGrantReader.callbackCheck(one))));
    }

    /** A link gives what a user would type, and begins a flow through the browser. */
    private static void installs(Section section, Provider provider) {
        provider.about().setup().install().ifPresent(link -> {
            if (!provider.auth().facts().opensPage()) {
                section.problem("setup", "'install' begins a flow at the vendor's page, which this kind has not");
            }
            link.given().keySet().forEach(name -> {
                Field field = provider.fields().get(name);
                if (field == null || !field.isAsked() || field.scope() != Field.Scope.CONNECTION) {
                    section.problem(
                            "setup", "'given' fills fields of scope connection that users type, not '" + name + "'");
                }
            });
        });
    }

    private static List<String> account(Section section) {
        return section.texts("account").stream()
                .map(name -> {
                    if (!name.startsWith("config.")) {
                        section.problem("account", "write config.NAME of a field, not '" + name + "'");
                    }
                    return name.replaceFirst("^config\\.", "");
                })
                .toList();
    }

    /** Fields that come with the token are read from every token response, the first and those of refreshes. */
    private Auth learning(Auth auth) {
        Map<String, JsonPath> paths = new LinkedHashMap<>();
        fields.values().forEach(field -> {
            if (field.source().orElse(null) instanceof Field.Source.Token from) {
                paths.put(field.id(), from.path());
            }
        });
        return paths.isEmpty() ? auth : auth.learning(paths);
    }

    private static URI docs(Section section) {
        if (!section.has("api_docs")) {
            section.problem(
                    section.line("api_docs"), "'api_docs' is missing: the vendor's page that this was written from");
        }
        return section.address("api_docs").orElse(URI.create(""));
    }

    /** Values filled by the token response or by a step are fields too, without a declaration. */
    private void learned(Provider provider) {
        AuthFacts facts = provider.auth().facts();
        facts.learned().forEach((id, path) -> fields.putIfAbsent(id, filled(id, new Field.Source.Token(path))));
        facts.generated()
                .forEach(id -> fields.compute(
                        id,
                        (name, declared) -> declared == null
                                ? filled(name, new Field.Source.Generated())
                                : declared.from(new Field.Source.Generated())));
        for (AfterConnect step : provider.calls().afterConnect()) {
            step.pick().keySet().forEach(id -> fields.putIfAbsent(id, filled(id, new Field.Source.AfterConnectStep())));
        }
    }

    private static Field filled(String id, Field.Source source) {
        return new Field(
                id,
                Field.Scope.CONNECTION,
                Field.Type.TEXT,
                false,
                Field.Label.NONE,
                Field.Accepts.ANY,
                Optional.empty(),
                Optional.empty(),
                Optional.of(source),
                Optional.empty());
    }
}
