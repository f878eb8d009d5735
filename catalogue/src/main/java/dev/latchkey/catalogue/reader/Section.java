package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.Patterns;
import dev.latchkey.catalogue.template.Pick;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Templates;
import dev.latchkey.catalogue.template.Text;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;

/** One mapping of a definition, read strictly: an unknown key is a problem, reported with its line. */
public final class Section {
    private final String file;
    private final int line;
    private final List<String> path;
    private final Map<String, Node> values = new LinkedHashMap<>();
    private final Map<String, Integer> lines = new LinkedHashMap<>();
    private final Set<String> asked = new HashSet<>();
    /** Those too that would be read if they were present. */
    private final Set<String> known = new HashSet<>();

    private final List<Section> children = new ArrayList<>();
    private final List<Problem> problems;
    private final Templates templates;
    private final Observer observer;

    private Section(
            String file, Node node, List<String> path, List<Problem> problems, Templates templates, Observer observer) {
        this.observer = observer;
        this.file = file;
        this.line = Nodes.lineOf(node);
        this.path = path;
        this.problems = problems;
        this.templates = templates;
        if (node instanceof MappingNode mapping) {
            for (NodeTuple tuple : mapping.getValue()) {
                if (!(tuple.getKeyNode() instanceof ScalarNode name)) {
                    problem(Nodes.lineOf(tuple.getKeyNode()), "a key must be a text");
                    continue;
                }
                String key = name.getValue();
                if (values.put(key, tuple.getValueNode()) != null) {
                    problem(
                            new Templates.Place(Nodes.lineOf(tuple.getKeyNode()), below(key)),
                            "'" + key + "' occurs twice");
                }
                lines.put(key, Nodes.lineOf(tuple.getKeyNode()));
                if (Nodes.isNull(tuple.getValueNode())) {
                    problem(key, "'" + key + "' is null: give it a value, or leave it out");
                }
            }
        } else {
            problem(line, "here must stand names with values, as in {name: value}");
        }
    }

    static Section of(String file, Node root, List<Problem> problems, Templates templates, Observer observer) {
        return new Section(file, root, List.of(), problems, templates, observer);
    }

    boolean has(String key) {
        return probed(key) != null;
    }

    private @Nullable Node probed(String key) {
        known.add(key);
        observer.presence(path, key);
        return values.get(key);
    }

    List<String> keys() {
        observer.anyKey(path);
        return List.copyOf(values.keySet());
    }

    int line(String key) {
        return lines.getOrDefault(key, line);
    }

    void problem(int at, String message) {
        problems.add(new Problem(file, at, path, message));
    }

    void problem(String key, String message) {
        problem(place(key), message);
    }

    void problem(Templates.Place place, String message) {
        problems.add(new Problem(file, place.line(), place.path(), message));
    }

    Templates.Place place(String key) {
        return new Templates.Place(line(key), below(key));
    }

    private List<String> below(String key) {
        List<String> below = new ArrayList<>(path);
        below.add(key);
        return List.copyOf(below);
    }

    Optional<String> text(String key) {
        return scalar(key, Shape.TEXT);
    }

    Optional<String> scalar(String key, Shape shape) {
        return ask(key, shape).flatMap(node -> {
            if (node instanceof ScalarNode scalar) {
                return Optional.of(scalar.getValue());
            }
            problem(key, "'" + key + "' must be a text");
            return Optional.empty();
        });
    }

    /** Reported where it is absent. */
    void needs(String key) {
        if (!values.containsKey(key)) {
            problem(line, "'" + key + "' is missing");
        }
    }

    String required(String key) {
        return text(key).orElseGet(() -> {
            needs(key);
            return "";
        });
    }

    /** One of the words, which the caller checks. */
    String required(String key, List<String> words) {
        return scalar(key, new Shape.Words(words)).orElseGet(() -> {
            needs(key);
            return "";
        });
    }

    boolean flag(String key, boolean absent) {
        return scalar(key, Shape.FLAG)
                .flatMap(value -> guarded(key, () -> Scalars.flag(key, value)))
                .orElse(absent);
    }

    /** One of the words; the first where the key is absent. */
    String choice(String key, String... words) {
        return scalar(key, new Shape.Words(List.of(words)))
                .map(value -> {
                    if (!List.of(words).contains(value)) {
                        problem(key, "'" + key + "' must be one of " + String.join(", ", words));
                        return words[0];
                    }
                    return value;
                })
                .orElse(words[0]);
    }

    /** A text alone counts as a list of one. */
    List<String> texts(String key) {
        return ask(key, Shape.TEXTS)
                .map(node -> Nodes.texts(node).orElseGet(() -> {
                    problem(key, "'" + key + "' must be a text or a list of texts");
                    return List.of();
                }))
                .orElse(List.of());
    }

    Optional<Section> section(String key) {
        return ask(key, Shape.MAPPING).map(node -> child(key, node));
    }

    /** An empty one where the key is absent. */
    Section sectionOrEmpty(String key) {
        return section(key).orElseGet(() -> child(key, Nodes.empty()));
    }

    List<Section> sections(String key) {
        return ask(key, Shape.MAPPINGS)
                .map(node -> {
                    if (node instanceof SequenceNode sequence) {
                        return sequence.getValue().stream()
                                .map(one -> child(key, one))
                                .toList();
                    }
                    problem(key, "'" + key + "' must be a list");
                    return List.<Section>of();
                })
                .orElse(List.of());
    }

    boolean isText(String key) {
        return probed(key) instanceof ScalarNode;
    }

    boolean isMap(String key) {
        return probed(key) instanceof MappingNode;
    }

    /** The address of a page: https. */
    Optional<URI> address(String key) {
        return scalar(key, Shape.ADDRESS).flatMap(value -> guarded(key, () -> Scalars.page(key, value)));
    }

    boolean isList(String key) {
        return probed(key) instanceof SequenceNode;
    }

    /** All names with their texts: for maps whose keys are the definition's own. */
    Map<String, String> entries(String key) {
        return byName(key, (section, name) -> Optional.of(section.required(name)));
    }

    Map<String, Text> templates(String key, Template.Position position) {
        return byName(key, (section, name) -> {
            if (position == Template.Position.HEADER) {
                HeaderNames.problem(name).ifPresent(problem -> section.problem(name, problem));
            }
            return section.template(name, position);
        });
    }

    Optional<Text> template(String key, Template.Position position) {
        List<String> alternatives = texts(key);
        List<Template> parsed = new ArrayList<>();
        for (String alternative : alternatives) {
            parse(key, alternative, position).ifPresent(parsed::add);
        }
        return parsed.isEmpty() ? Optional.empty() : Optional.of(new Text(List.copyOf(parsed)));
    }

    Optional<Template> parse(String key, String source, Template.Position position) {
        return guarded(key, () -> {
            Template template = Template.parse(Scalars.sent(key, source, position), position);
            templates.add(template, place(key));
            return template;
        });
    }

    Optional<JsonPath> path(String key) {
        return text(key).flatMap(value -> guarded(key, () -> JsonPath.parse(value)));
    }

    List<JsonPath> paths(String key, List<JsonPath> absent) {
        if (!values.containsKey(key)) {
            texts(key);
            return absent;
        }
        return texts(key).stream()
                .map(value -> guarded(key, () -> JsonPath.parse(value)))
                .flatMap(Optional::stream)
                .toList();
    }

    Map<String, JsonPath> pathsByName(String key) {
        return byName(key, Section::path);
    }

    /** Paths, and templates where <code>${</code> occurs. */
    Map<String, Pick> picks(String key) {
        return byName(key, Section::pick);
    }

    /** By the names that a mapping has, in its order. */
    private <T> Map<String, T> byName(String key, BiFunction<Section, String, Optional<T>> reading) {
        Map<String, T> found = new LinkedHashMap<>();
        section(key)
                .ifPresent(section -> section.keys()
                        .forEach(name -> reading.apply(section, name).ifPresent(value -> found.put(name, value))));
        return Collections.unmodifiableMap(found);
    }

    private Optional<Pick> pick(String key) {
        String source = required(key);
        return source.contains("${")
                ? parse(key, source, Template.Position.PLAIN).map(Pick.Filled::new)
                : guarded(key, () -> JsonPath.parse(source)).map(Pick.At::new);
    }

    Optional<com.google.re2j.Pattern> pattern(String key) {
        return text(key).flatMap(value -> guarded(key, () -> Patterns.compile(value, com.google.re2j.Pattern.DOTALL)));
    }

    /** {@code 900s}, {@code 15m}, {@code 24h}, {@code 60d}. */
    Optional<Duration> duration(String key) {
        return scalar(key, Shape.DURATION).flatMap(value -> guarded(key, () -> Scalars.duration(key, value)));
    }

    <T> Optional<T> guarded(String key, java.util.function.Supplier<T> reading) {
        try {
            return Optional.of(reading.get());
        } catch (IllegalArgumentException e) {
            problem(key, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
    }

    <T> Optional<T> map(String key, Function<Section, T> reading) {
        return section(key).map(reading);
    }

    /** Takes every key for a known one: which there are cannot be said. */
    void leave() {
        asked.addAll(values.keySet());
    }

    /** Reports every unknown key, here and below. */
    void end() {
        values.keySet().stream()
                .filter(key -> !asked.contains(key))
                .forEach(key -> problem(key, Nearest.unknownKey(key, known)));
        children.forEach(Section::end);
    }

    private Optional<Node> ask(String key, Shape shape) {
        asked.add(key);
        known.add(key);
        observer.key(path, key, shape);
        return Optional.ofNullable(values.get(key));
    }

    private Section child(String key, Node node) {
        Section child = new Section(file, node, below(key), problems, templates, observer);
        children.add(child);
        return child;
    }
}
