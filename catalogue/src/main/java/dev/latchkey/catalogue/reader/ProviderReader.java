package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.AfterConnect;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Templates;
import java.net.URI;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.nodes.Node;

/** Reads one definition, and checks what must hold of the whole. */
public final class ProviderReader {
    /** Values of an integration that need no field. */
    private static final Set<String> APP_VALUES = Set.of(
            "clientId",
            "clientSecret",
            "name",
            "id",
            "publicLink",
            "privateKey",
            "webhookSecret",
            "signingSecret",
            "accessKeyId",
            "secretAccessKey");

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
        if (authSection.isEmpty()) {
            section.problem(section.line("auth"), "'auth' is missing");
            return Optional.empty();
        }
        Auth auth = learning(AuthReader.read(authSection.get()));
        Provider provider = new Provider(
                section.required("id"),
                section.required("name"),
                section.texts("tags"),
                section.address("site"),
                docs(section),
                section.address("help"),
                section.text("icon"),
                section.map("setup", one -> new Provider.Setup(one.address("page"), one.texts("steps")))
                        .orElse(new Provider.Setup(Optional.empty(), List.of())),
                fields,
                auth,
                ApiReader.api(section.sectionOrEmpty("api")),
                ApiReader.verification(section),
                section.sections("after_connect").stream()
                        .map(ApiReader::afterConnect)
                        .toList(),
                section.map("on_delete", one -> CallReader.read(one, Call.Method.POST)),
                section.map("webhook", WebhookReader::read),
                account(section));
        learned(provider);
        check(section, provider, exposed);
        section.end();
        return problems.size() == before ? Optional.of(withFields(provider)) : Optional.empty();
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
        for (AfterConnect step : provider.afterConnect()) {
            step.pick().keySet().forEach(id -> fields.putIfAbsent(id, filled(id, new Field.Source.AfterConnectStep())));
        }
    }

    private static Field filled(String id, Field.Source source) {
        Optional<String> none = Optional.empty();
        return new Field(
                id,
                Field.Scope.CONNECTION,
                Field.Type.TEXT,
                false,
                none,
                none,
                none,
                none,
                none,
                Optional.empty(),
                List.of(),
                none,
                none,
                Optional.of(source),
                Optional.empty());
    }

    private Provider withFields(Provider provider) {
        return new Provider(
                provider.id(),
                provider.name(),
                provider.tags(),
                provider.site(),
                provider.docs(),
                provider.help(),
                provider.icon(),
                provider.setup(),
                java.util.Collections.unmodifiableMap(fields),
                provider.auth(),
                provider.api(),
                provider.verification(),
                provider.afterConnect(),
                provider.onDelete(),
                provider.webhook(),
                provider.account());
    }

    private void check(Section section, Provider provider, Set<String> exposed) {
        String expected = file.replaceFirst("^.*/", "").replaceFirst("\\.ya?ml$", "");
        if (!provider.id().equals(expected)) {
            section.problem("id", "the id must be the file's name, '" + expected + "'");
        }
        Set<String> used = new HashSet<>(exposed);
        used.addAll(provider.auth().facts().usedFields());
        for (Template.Reference reference : templates.references()) {
            String name = reference.path().isEmpty() ? "" : reference.path().getFirst();
            switch (reference.root()) {
                case "config", "secret", "once" -> {
                    used.add(name);
                    Field field = fields.get(name);
                    if (field == null) {
                        section.problem(
                                "fields",
                                "${" + reference.root() + "." + name + "} is used, but there is no field '" + name
                                        + "'");
                    } else if (field.scope() != scopeOf(reference.root())) {
                        section.problem(
                                "fields",
                                "${" + reference.root() + "." + name + "} is used, but field '" + name + "' has scope "
                                        + field.scope().name().toLowerCase(java.util.Locale.ROOT));
                    }
                }
                case "app" -> {
                    used.add(name);
                    if (!APP_VALUES.contains(name) && !fields.containsKey(name)) {
                        section.problem(
                                "fields",
                                "${app." + name + "} is used, but there is no field '" + name
                                        + "' of scope integration");
                    }
                }
                default -> {}
            }
        }
        provider.afterConnect().forEach(step -> {
            step.unless().ifPresent(used::add);
            used.addAll(step.forget());
        });
        for (String name : provider.account()) {
            used.add(name);
            if (Optional.ofNullable(fields.get(name))
                    .filter(field -> field.scope() == Field.Scope.CONNECTION)
                    .isEmpty()) {
                section.problem("account", "there is no field '" + name + "' of scope connection");
            }
        }
        provider.webhook().ifPresent(webhook -> {
            webhook.match().keySet().forEach(key -> used.add(key.replaceFirst("^config\\.", "")));
            webhook.secret().ifPresent(path -> used.add(path.substring(path.indexOf('.') + 1)));
        });
        for (Field field : fields.values()) {
            field.when().ifPresent(when -> used.add(when.field()));
        }
        for (Field field : fields.values()) {
            boolean typed = field.source().isEmpty();
            if (typed && !used.contains(field.id())) {
                section.problem(
                        "fields",
                        "field '" + field.id() + "' is used nowhere; use it, remove it, or write exposed: true");
            }
            field.when()
                    .map(Field.Condition::field)
                    .filter(other -> !fields.containsKey(other))
                    .ifPresent(other -> section.problem(
                            "fields",
                            "field '" + field.id() + "' waits for a field '" + other + "' that is not there"));
        }
        new Invariants(section, provider, reach, templates).check();
    }

    private static Field.Scope scopeOf(String root) {
        return switch (root) {
            case "secret" -> Field.Scope.SECRET;
            case "once" -> Field.Scope.ONCE;
            default -> Field.Scope.CONNECTION;
        };
    }
}
