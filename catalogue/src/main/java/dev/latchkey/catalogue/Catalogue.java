package dev.latchkey.catalogue;

import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.reader.ProviderReader;
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
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * All providers, by id. A definition that ships with Latchkey is read when it is first requested: a process uses only a few, and
 * reading all of them would add a second to startup and keep their memory in use. Thread-safe and immutable.
 */
public final class Catalogue {
    /** A user's own definitions, by file, as trees: a shipped one may extend one that replaces its parent. */
    private final Map<String, Node> ownRoots;

    private final Map<String, Provider> own;
    /** The names of the files that are read on first use. */
    private final Set<String> shipped;

    private final Map<String, Provider> found = new ConcurrentHashMap<>();
    private volatile Map<String, Provider> all = Map.of();

    private Catalogue(Map<String, DefinitionTree.Source> sources, Set<String> shipped) {
        List<Problem> problems = new ArrayList<>();
        ownRoots = new HashMap<>();
        sources.forEach(
                (file, source) -> DefinitionTree.parse(source, problems).ifPresent(root -> ownRoots.put(file, root)));
        this.shipped =
                shipped.stream().filter(file -> !sources.containsKey(file)).collect(Collectors.toUnmodifiableSet());
        own = new TreeMap<>();
        Map<String, String> names = new HashMap<>();
        for (Map.Entry<String, DefinitionTree.Source> one : sources.entrySet()) {
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

    private static Map<String, DefinitionTree.Source> of(Path folder) {
        Map<String, DefinitionTree.Source> sources = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".yaml"))
                    .sorted()
                    .toList()) {
                String name = file.getFileName().toString();
                sources.put(name, new DefinitionTree.Source(name, Files.readString(file)));
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
        return all().stream()
                .anyMatch(provider -> provider.api().further().ports().contains(port));
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
                : DefinitionTree.parse(
                        new DefinitionTree.Source(file, resource("providers/" + file)), new ArrayList<>());
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
        Optional<Node> root = DefinitionTree.isTooDeep(text, problems)
                ? Optional.empty()
                : DefinitionTree.parse(new DefinitionTree.Source("the definition", text), problems);
        String id = root.flatMap(DefinitionTree::id).orElse("");
        return root.flatMap(node -> read(id + ".yaml", reach, node, this::root, problems))
                .filter(provider -> problems.isEmpty())
                .orElseThrow(() -> new CatalogueException(problems));
    }

    /** The id that a definition names, as far as it can be read at all. */
    public static Optional<String> idOf(String text) {
        List<Problem> problems = new ArrayList<>();
        return DefinitionTree.isTooDeep(text, problems)
                ? Optional.empty()
                : DefinitionTree.parse(new DefinitionTree.Source("the definition", text), problems)
                        .flatMap(DefinitionTree::id);
    }

    /** The problems of one user-supplied definition that extends none. */
    public static List<Problem> problems(String file, String text) {
        List<Problem> problems = new ArrayList<>();
        DefinitionTree.Source source = new DefinitionTree.Source(file, text);
        DefinitionTree.parse(source, problems)
                .ifPresent(root -> new ProviderReader(file, Reach.OPERATOR, problems).read(root));
        return List.copyOf(problems);
    }

    private static Optional<Provider> read(
            String file, Reach reach, Node root, Function<String, Optional<Node>> roots, List<Problem> problems) {
        return DefinitionTree.inherit(file, root, roots, problems, 0)
                .flatMap(node -> new ProviderReader(file, reach, problems).read(node));
    }
}
