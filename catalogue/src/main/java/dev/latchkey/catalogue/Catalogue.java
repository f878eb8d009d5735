package dev.latchkey.catalogue;

import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import dev.latchkey.catalogue.reader.ProviderReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.nodes.Node;

/**
 * All providers, by id. A definition that ships with Latchkey is read when it is first requested: a process uses only a few, and
 * reading all of them would add a second to startup and keep their memory in use. Thread-safe and immutable.
 */
public final class Catalogue {
    /** A user's own definitions, by file, as trees: a shipped one may extend one that replaces its parent. */
    private final Map<String, Node> ownRoots = new HashMap<>();

    private final Map<String, Provider> own = new TreeMap<>();
    /** The names of all files that ship, and of those among them that are read on first use. */
    private final Set<String> index;

    private final Set<String> shipped;

    private final Map<String, Provider> found = new ConcurrentHashMap<>();
    private volatile Map<String, Provider> all = Map.of();
    /** What is wrong with the user's own files that are left out. */
    private final List<Problem> problems = new ArrayList<>();
    /** By file: why a definition keeps the shipped parent that the user replaced. */
    private final Map<String, List<Problem>> keptParents = new ConcurrentSkipListMap<>();

    private Catalogue(OwnFiles files, Set<String> index) {
        this.index = index;
        problems.addAll(files.problems());
        files.texts().forEach((file, text) -> {
            if (!DefinitionTree.isTooDeep(file, text, problems)) {
                DefinitionTree.parse(new DefinitionTree.Source(file, text), problems)
                        .ifPresent(root -> ownRoots.put(file, root));
            }
        });
        // One that is left out may be the parent of one that was read before it.
        while (!readOwn().isEmpty()) {
            own.clear();
            keptParents.clear();
        }
        shipped = index.stream().filter(file -> !ownRoots.containsKey(file)).collect(Collectors.toUnmodifiableSet());
    }

    /** @return the files that are now left out */
    private List<String> readOwn() {
        List<String> leftOut = new ArrayList<>();
        Map<String, String> names = new HashMap<>();
        new TreeMap<>(ownRoots).forEach((file, root) -> {
            List<Problem> wrong = new ArrayList<>();
            Optional<Provider> provider = readOrKeepParent(new Reading(file, Reach.OPERATOR, root), this::root, wrong);
            provider.map(one -> names.putIfAbsent(one.name(), file))
                    .ifPresent(other -> wrong.add(new Problem(
                            file, 0, "the name '" + provider.orElseThrow().name() + "' is taken by " + other)));
            if (wrong.isEmpty() && provider.isPresent()) {
                own.put(provider.get().id(), provider.get());
            } else {
                problems.addAll(wrong);
                leftOut.add(file);
            }
        });
        leftOut.forEach(ownRoots::remove);
        return leftOut;
    }

    /** The definitions that ship with Latchkey, validated by its build. */
    public static Catalogue load() {
        return new Catalogue(OwnFiles.NONE, index());
    }

    /**
     * The shipped definitions, added to or overridden by each {@code *.yaml} of a folder; these are read now; all others too if one
     * replaces a shipped one, since others may extend it. A file that is wrong is left out, see {@link #problems}: then the shipped
     * definition of its id is used, if there is one. A definition that does not fit the folder's replacement of its parent keeps the
     * shipped parent, see {@link #keptParents}.
     *
     * @throws UncheckedIOException when the folder cannot be listed
     */
    public static Catalogue loadReadable(Path folder) {
        Catalogue catalogue = new Catalogue(OwnFiles.of(folder), index());
        if (!Collections.disjoint(catalogue.ownRoots.keySet(), index())) {
            catalogue.all();
        }
        return catalogue;
    }

    /**
     * The same where each file must be right.
     *
     * @throws CatalogueException listing every problem with file and line
     */
    public static Catalogue load(Path folder) {
        return strict(loadReadable(folder));
    }

    /** Only a folder's definitions: for tests. */
    static Catalogue only(Path folder) {
        return strict(new Catalogue(OwnFiles.of(folder), Set.of()));
    }

    private static Catalogue strict(Catalogue catalogue) {
        if (!catalogue.problems.isEmpty()) {
            throw new CatalogueException(catalogue.problems);
        }
        return catalogue;
    }

    /** What is wrong with the folder's files that are left out; in order of file. */
    public List<Problem> problems() {
        return List.copyOf(problems);
    }

    /**
     * Of each definition that keeps the shipped parent although the folder replaces it: why the replacement does not fit. Complete
     * once {@link #all} was called, as {@link #loadReadable} does where a definition is replaced.
     */
    public List<Problem> keptParents() {
        return keptParents.values().stream().flatMap(List::stream).toList();
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

    private Provider shipped(String file, Function<String, Optional<Node>> roots) {
        List<Problem> wrong = new ArrayList<>();
        return roots.apply(file)
                .flatMap(root -> readOrKeepParent(new Reading(file, Reach.PUBLIC, root), roots, wrong))
                .orElseThrow(() -> new CatalogueException(wrong));
    }

    /** A definition to be read. */
    private record Reading(String file, Reach reach, Node root) {}

    /** @param wrong gets the problems where it fits neither the user's own parent nor the shipped one */
    private Optional<Provider> readOrKeepParent(
            Reading it, Function<String, Optional<Node>> roots, List<Problem> wrong) {
        List<Problem> withOwn = new ArrayList<>();
        Optional<Provider> provider = read(it.file(), it.reach(), it.root(), roots, withOwn);
        if (withOwn.isEmpty() && provider.isPresent()) {
            return provider;
        }
        if (DefinitionTree.extendsAnother(it.root())) {
            List<Problem> withShipped = new ArrayList<>();
            Optional<Provider> kept = read(it.file(), it.reach(), it.root(), this::shippedRoot, withShipped);
            if (withShipped.isEmpty() && kept.isPresent()) {
                keptParents.put(it.file(), List.copyOf(withOwn));
                return kept;
            }
        }
        wrong.addAll(withOwn);
        return Optional.empty();
    }

    /** The tree of a file; empty if there is no such definition, or a shipped one is not YAML, which the build would have found. */
    private Optional<Node> root(String file) {
        return Optional.ofNullable(ownRoots.get(file)).or(() -> shippedRoot(file));
    }

    private Optional<Node> shippedRoot(String file) {
        return index.contains(file)
                ? DefinitionTree.parse(
                        new DefinitionTree.Source(file, resource("providers/" + file)), new ArrayList<>())
                : Optional.empty();
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
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
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
        Optional<Node> root = DefinitionTree.isTooDeep("the definition", text, problems)
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
        return DefinitionTree.isTooDeep("the definition", text, problems)
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
