package dev.latchkey.catalogue;

import dev.latchkey.catalogue.CatalogueException.Problem;
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
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** All providers, by id. Immutable; thread-safe. */
public final class Catalogue {
    /** Names with words about them are a list, and a list replaces what it inherits. */
    private static final Set<String> LISTS = Set.of("known");

    private record Source(String file, String text, boolean own) {}

    private static @Nullable Catalogue shipped;

    private final Map<String, Provider> providers;

    private Catalogue(Map<String, Provider> providers) {
        this.providers = Collections.unmodifiableMap(providers);
    }

    /** The definitions that ship with Latchkey, read once. @throws CatalogueException listing every problem with file and line */
    public static synchronized Catalogue load() {
        Catalogue known = shipped;
        if (known == null) {
            known = read(shippedSources(), Map.of());
            shipped = known;
        }
        return known;
    }

    /**
     * The shipped definitions, added to or overridden by each {@code *.yaml} of a folder.
     *
     * @throws CatalogueException listing every problem with file and line
     */
    public static Catalogue load(Path folder) {
        Map<String, Source> own = of(folder);
        if (shippedNames().anyMatch(own::containsKey)) {
            // Others may extend what is overridden here.
            Map<String, Source> all = shippedSources();
            all.putAll(own);
            return read(all, Map.of());
        }
        return read(own, load().providers);
    }

    /** A folder's definitions alone: for tests. */
    static Catalogue only(Path folder) {
        return read(of(folder), Map.of());
    }

    private static Map<String, Source> of(Path folder) {
        Map<String, Source> sources = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".yaml"))
                    .sorted()
                    .toList()) {
                String name = file.getFileName().toString();
                sources.put(name, new Source(name, Files.readString(file), true));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return sources;
    }

    public Optional<Provider> find(String id) {
        return Optional.ofNullable(providers.get(id));
    }

    /** Beside 80 and 443, the ports that any definition names. */
    public Set<Integer> ports() {
        return providers.values().stream()
                .flatMap(provider -> provider.api().ports().stream())
                .collect(Collectors.toUnmodifiableSet());
    }

    /** In order of id. */
    public Collection<Provider> all() {
        return providers.values();
    }

    /** {@code providers/index} lists the definitions, since a jar's folder cannot be listed; a test holds it to the folder. */
    private static Stream<String> shippedNames() {
        return resource("providers/index").lines().filter(line -> !line.isBlank());
    }

    private static Map<String, Source> shippedSources() {
        Map<String, Source> sources = new TreeMap<>();
        shippedNames().forEach(name -> sources.put(name, shippedSource(name)));
        return sources;
    }

    private static Source shippedSource(String name) {
        return new Source(name, resource("providers/" + name), false);
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

    /** What is wrong with one definition of a user's own, which extends none. */
    public static List<Problem> problems(String file, String text) {
        List<Problem> problems = new ArrayList<>();
        Source source = new Source(file, text, true);
        parse(source, problems).ifPresent(root -> new ProviderReader(file, true, problems).read(root));
        return List.copyOf(problems);
    }

    /**
     * The definitions do not know each other but for {@code extends}, so each is parsed and read by itself, on all cores.
     *
     * @param base shipped ones that these are added to, and may extend
     */
    private static Catalogue read(Map<String, Source> sources, Map<String, Provider> base) {
        Map<String, Parsed> parsed = sources.values().parallelStream()
                .map(Catalogue::parse)
                .collect(Collectors.toMap(one -> one.source().file(), Function.identity()));
        Map<String, Node> roots = new HashMap<>();
        parsed.values()
                .forEach(one ->
                        one.root().ifPresent(root -> roots.put(one.source().file(), root)));
        Function<String, Optional<Node>> parents = file -> Optional.ofNullable(roots.get(file))
                .or(() -> base.isEmpty() || shippedNames().noneMatch(file::equals)
                        ? Optional.empty()
                        : parse(shippedSource(file)).root());
        List<Read> read = sources.keySet().parallelStream()
                .map(file -> read(Objects.requireNonNull(parsed.get(file)), parents))
                .toList();
        List<Problem> problems = new ArrayList<>();
        Map<String, Provider> providers = new TreeMap<>(base);
        Map<String, String> names = new HashMap<>();
        base.values().forEach(provider -> names.put(provider.name(), provider.id() + ".yaml"));
        for (Read one : read) {
            problems.addAll(one.problems());
            one.provider().ifPresent(provider -> {
                providers.put(provider.id(), provider);
                String other = names.put(provider.name(), one.file());
                if (other != null) {
                    problems.add(new Problem(one.file(), 0, "the name '" + provider.name() + "' is taken by " + other));
                }
            });
        }
        if (!problems.isEmpty()) {
            throw new CatalogueException(problems);
        }
        return new Catalogue(providers);
    }

    private record Parsed(Source source, Optional<Node> root, List<Problem> problems) {}

    private record Read(String file, Optional<Provider> provider, List<Problem> problems) {}

    private static Parsed parse(Source source) {
        List<Problem> problems = new ArrayList<>();
        return new Parsed(source, parse(source, problems), problems);
    }

    private static Read read(Parsed parsed, Function<String, Optional<Node>> parents) {
        Source source = parsed.source();
        List<Problem> problems = new ArrayList<>(parsed.problems());
        Optional<Provider> provider = parsed.root()
                .flatMap(root -> inherit(source.file(), root, parents, problems, 0))
                .flatMap(node -> new ProviderReader(source.file(), source.own(), problems).read(node));
        return new Read(source.file(), provider, problems);
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
            String file, Node root, Function<String, Optional<Node>> parents, List<Problem> problems, int depth) {
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
        Optional<Node> other = parents.apply(parent.get().getValue() + ".yaml");
        if (other.isEmpty() || depth > 5) {
            problems.add(new Problem(
                    file,
                    Section.lineOf(parent.get()),
                    "there is no provider '" + parent.get().getValue() + "' to extend"));
            return Optional.empty();
        }
        return inherit(file, other.get(), parents, problems, depth + 1).map(base -> merge((MappingNode) base, mapping));
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
