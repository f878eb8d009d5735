package dev.latchkey.catalogue;

import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.reader.ProviderReader;
import dev.latchkey.catalogue.reader.Section;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/**
 * All providers, by id. A definition that ships with Latchkey is read when it is first requested: a process uses only a few, and
 * reading all of them would add a second to startup and keep their memory in use. Thread-safe and immutable.
 */
public final class Catalogue {
    /** Names with descriptions form a list, and a list replaces the inherited one. */
    private static final Set<String> LISTS = Set.of("known");

    private static final int DEEPEST = 30;

    private record Source(String file, String text) {}

    /** A user's own definitions, by file, as trees: a shipped one may extend one that replaces its parent. */
    private final Map<String, Node> ownRoots;

    private final Map<String, Provider> own;
    /** The names of the files that are read on first use. */
    private final Set<String> shipped;

    private final Map<String, Provider> found = new ConcurrentHashMap<>();
    private volatile Map<String, Provider> all = Map.of();

    private Catalogue(Map<String, Source> sources, Set<String> shipped) {
        List<Problem> problems = new ArrayList<>();
        ownRoots = new HashMap<>();
        sources.forEach((file, source) -> parse(source, problems).ifPresent(root -> ownRoots.put(file, root)));
        this.shipped =
                shipped.stream().filter(file -> !sources.containsKey(file)).collect(Collectors.toUnmodifiableSet());
        own = new TreeMap<>();
        Map<String, String> names = new HashMap<>();
        for (Map.Entry<String, Source> one : sources.entrySet()) {
            String file = one.getKey();
            Optional.ofNullable(ownRoots.get(file))
                    .flatMap(root -> read(file, Reach.OPERATOR, root, this::root, problems))
                    .ifPresent(provider -> {
                        own.put(provider.id(), provider);
                        String other = names.put(provider.name(), file);
                        if (other != null) {
                            problems.add(
                                    new Problem(file, 0, "the name '" + provider.name() + "' is taken by " + other));
                        }
                    });
        }
        if (!problems.isEmpty()) {
            throw new CatalogueException(problems);
        }
    }

    /** The definitions that ship with Latchkey, validated by its build. */
    public static Catalogue load() {
        return new Catalogue(Map.of(), index());
    }

    /**
     * The shipped definitions, added to or overridden by each {@code *.yaml} of a folder; these are read now; all others too if one
     * replaces a shipped one, since others may extend it.
     *
     * @throws CatalogueException listing every problem with file and line
     */
    public static Catalogue load(Path folder) {
        Catalogue catalogue = new Catalogue(of(folder), index());
        if (!Collections.disjoint(catalogue.ownRoots.keySet(), index())) {
            catalogue.all();
        }
        return catalogue;
    }

    /** Only a folder's definitions: for tests. */
    static Catalogue only(Path folder) {
        return new Catalogue(of(folder), Set.of());
    }

    private static Map<String, Source> of(Path folder) {
        Map<String, Source> sources = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".yaml"))
                    .sorted()
                    .toList()) {
                String name = file.getFileName().toString();
                sources.put(name, new Source(name, Files.readString(file)));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sources;
    }

    public Optional<Provider> find(String id) {
        Optional<Provider> mine = Optional.ofNullable(own.get(id));
        return mine.isPresent() || !shipped.contains(id + ".yaml")
                ? mine
                : Optional.of(found.computeIfAbsent(id, one -> shipped(one + ".yaml", this::root)));
    }

    /** Whether there is one of this id, without reading it. */
    public boolean has(String id) {
        return own.containsKey(id) || ships(id);
    }

    /** The YAML of a shipped definition, unchanged; empty if an operator's own replaces it. */
    public Optional<String> text(String id) {
        return ships(id) ? Optional.of(resource("providers/" + id + ".yaml")) : Optional.empty();
    }

    /** Whether a definition of this id ships and no operator's own replaces it. */
    public boolean ships(String id) {
        return shipped.contains(id + ".yaml");
    }

    /** Whether any definition names this port. */
    public boolean namesPort(int port) {
        return all().stream().anyMatch(provider -> provider.api().ports().contains(port));
    }

    /** In order of id. @throws CatalogueException listing every problem with file and line, if a shipped one has any */
    public Collection<Provider> all() {
        if (all.isEmpty()) {
            all = Collections.unmodifiableMap(readAll());
        }
        return all.values();
    }

    /** Definitions depend on each other only by {@code extends}, so they are read in parallel. */
    private Map<String, Provider> readAll() {
        Map<String, Optional<Node>> roots = new ConcurrentHashMap<>();
        Queue<Problem> problems = new ConcurrentLinkedQueue<>();
        shipped.parallelStream().forEach(file -> {
            try {
                found.computeIfAbsent(
                        file.substring(0, file.length() - ".yaml".length()),
                        id -> shipped(file, name -> roots.computeIfAbsent(name, this::root)));
            } catch (CatalogueException e) {
                problems.addAll(e.problems());
            }
        });
        if (!problems.isEmpty()) {
            throw new CatalogueException(List.copyOf(problems));
        }
        Map<String, Provider> providers = new TreeMap<>(found);
        providers.putAll(own);
        return providers;
    }

    private static Provider shipped(String file, Function<String, Optional<Node>> roots) {
        List<Problem> problems = new ArrayList<>();
        return roots.apply(file)
                .flatMap(root -> read(file, Reach.PUBLIC, root, roots, problems))
                .filter(provider -> problems.isEmpty())
                .orElseThrow(() -> new CatalogueException(problems));
    }

    /** The tree of a file; empty if there is no such definition, or a shipped one is not YAML, which the build would have found. */
    private Optional<Node> root(String file) {
        Optional<Node> mine = Optional.ofNullable(ownRoots.get(file));
        return mine.isPresent() || !shipped.contains(file)
                ? mine
                : parse(new Source(file, resource("providers/" + file)), new ArrayList<>());
    }

    /** {@code providers/index} lists the definitions, since a jar's folder cannot be listed; the build writes it. */
    private static Set<String> index() {
        return resource("providers/index")
                .lines()
                .filter(line -> !line.isBlank())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The JSON Schema of a definition, which the build makes of the reader. */
    public static String schema() {
        return resource("schemas/provider.json");
    }

    private static String resource(String name) {
        try (InputStream stream = Catalogue.class.getClassLoader().getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            return new BufferedReader(new InputStreamReader(stream, StandardCharsets.UTF_8)).readAllAsString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Reads a definition that is kept elsewhere; it may extend those of this catalogue, also the one of its own id.
     *
     * @throws CatalogueException listing every problem with its line and key
     */
    public Provider read(String text, Reach reach) {
        List<Problem> problems = new ArrayList<>();
        Optional<Node> root =
                isTooDeep(text, problems) ? Optional.empty() : parse(new Source("the definition", text), problems);
        String id = root.flatMap(Catalogue::id).orElse("");
        return root.flatMap(node -> read(id + ".yaml", reach, node, this::root, problems))
                .filter(provider -> problems.isEmpty())
                .orElseThrow(() -> new CatalogueException(problems));
    }

    /** The id that a definition names, as far as it can be read at all. */
    public static Optional<String> idOf(String text) {
        List<Problem> problems = new ArrayList<>();
        return isTooDeep(text, problems)
                ? Optional.empty()
                : parse(new Source("the definition", text), problems).flatMap(Catalogue::id);
    }

    private static Optional<String> id(Node root) {
        return root instanceof MappingNode mapping
                ? mapping.getValue().stream()
                        .filter(tuple -> key(tuple).equals("id") && tuple.getValueNode() instanceof ScalarNode)
                        .map(tuple -> ((ScalarNode) tuple.getValueNode()).getValue())
                        .findFirst()
                : Optional.empty();
    }

    /** Composing and reading recurse, so the depth is limited to protect the stack. */
    private static boolean isTooDeep(String text, List<Problem> problems) {
        int depth = 0;
        try {
            for (Event event : new Parse(LoadSettings.builder().build()).parseString(text)) {
                switch (event.getEventId()) {
                    case MappingStart, SequenceStart -> depth++;
                    case MappingEnd, SequenceEnd -> depth--;
                    default -> {}
                }
                if (depth > DEEPEST) {
                    int line =
                            event.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
                    problems.add(new Problem("the definition", line, "values stand in each other too deep"));
                    return true;
                }
            }
        } catch (YamlEngineException e) {
            // The caller that composes the document reports it.
            return false;
        }
        return false;
    }

    /** The problems of one user-supplied definition that extends none. */
    public static List<Problem> problems(String file, String text) {
        List<Problem> problems = new ArrayList<>();
        Source source = new Source(file, text);
        parse(source, problems).ifPresent(root -> new ProviderReader(file, Reach.OPERATOR, problems).read(root));
        return List.copyOf(problems);
    }

    private static Optional<Provider> read(
            String file, Reach reach, Node root, Function<String, Optional<Node>> roots, List<Problem> problems) {
        return inherit(file, root, roots, problems, 0)
                .flatMap(node -> new ProviderReader(file, reach, problems).read(node));
    }

    private static Optional<Node> parse(Source source, List<Problem> problems) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(source.file())
                .setAllowDuplicateKeys(true)
                .setMaxAliasesForCollections(0)
                .build();
        try {
            Optional<Node> root = new Compose(settings).composeString(source.text());
            if (root.isEmpty()) {
                problems.add(new Problem(source.file(), 1, "the file is empty"));
            }
            return root;
        } catch (YamlEngineException e) {
            int line = e instanceof org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException marked
                    ? marked.getProblemMark().map(mark -> mark.getLine() + 1).orElse(0)
                    : 0;
            problems.add(new Problem(
                    source.file(),
                    line,
                    "not YAML: "
                            + String.valueOf(e.getMessage()).lines().findFirst().orElse("")));
            return Optional.empty();
        }
    }

    /** {@code extends: other}: the other's tree with this one laid over it; {@code null} removes. */
    private static Optional<Node> inherit(
            String file, Node root, Function<String, Optional<Node>> roots, List<Problem> problems, int depth) {
        if (!(root instanceof MappingNode mapping)) {
            problems.add(new Problem(file, 1, "a definition is names with values, the first of them id"));
            return Optional.empty();
        }
        Optional<ScalarNode> parent = mapping.getValue().stream()
                .filter(tuple -> key(tuple).equals("extends") && tuple.getValueNode() instanceof ScalarNode)
                .map(tuple -> (ScalarNode) tuple.getValueNode())
                .findFirst();
        if (parent.isEmpty()) {
            return Optional.of(mapping);
        }
        Optional<Node> other = roots.apply(parent.get().getValue() + ".yaml");
        if (other.isEmpty() || depth > 5) {
            problems.add(new Problem(
                    file,
                    Section.lineOf(parent.get()),
                    "there is no provider '" + parent.get().getValue() + "' to extend"));
            return Optional.empty();
        }
        return inherit(file, other.get(), roots, problems, depth + 1).map(base -> merge((MappingNode) base, mapping));
    }

    private static MappingNode merge(MappingNode base, MappingNode over) {
        Map<String, NodeTuple> merged = new java.util.LinkedHashMap<>();
        base.getValue().forEach(tuple -> merged.put(key(tuple), tuple));
        for (NodeTuple tuple : over.getValue()) {
            String key = key(tuple);
            NodeTuple inherited = merged.get(key);
            boolean removed = tuple.getValueNode() instanceof ScalarNode scalar
                    && scalar.getTag().equals(org.snakeyaml.engine.v2.nodes.Tag.NULL);
            if (key.equals("extends")) {
                continue;
            } else if (removed) {
                merged.remove(key);
            } else if (inherited != null
                    && !LISTS.contains(key)
                    && inherited.getValueNode() instanceof MappingNode below
                    && tuple.getValueNode() instanceof MappingNode above) {
                merged.put(key, new NodeTuple(tuple.getKeyNode(), merge(below, above)));
            } else {
                merged.put(key, tuple);
            }
        }
        return new MappingNode(
                over.getTag(),
                true,
                new ArrayList<>(merged.values()),
                over.getFlowStyle(),
                over.getStartMark(),
                over.getEndMark());
    }

    private static String key(NodeTuple tuple) {
        return tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
    }
}
