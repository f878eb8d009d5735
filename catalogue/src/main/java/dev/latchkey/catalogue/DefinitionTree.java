package dev.latchkey.catalogue;

import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.reader.Nodes;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/** A definition's YAML as a tree, laid over the tree of the one that it extends. */
final class DefinitionTree {
    /** Names with descriptions form a list, and a list replaces the inherited one. */
    private static final Set<String> LISTS = Set.of("known");

    /** Who read the other one's pages did not read this one's. */
    private static final Set<String> NOT_INHERITED = Set.of("extends", "checked");

    private static final int DEEPEST = 30;

    /** @param file names it in problems */
    record Source(String file, String text) {}

    private DefinitionTree() {}

    static Optional<Node> parse(Source source, List<Problem> problems) {
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

    /** The id that it names. */
    static Optional<String> id(Node root) {
        return root instanceof MappingNode mapping
                ? mapping.getValue().stream()
                        .filter(tuple -> key(tuple).equals("id") && tuple.getValueNode() instanceof ScalarNode)
                        .map(tuple -> ((ScalarNode) tuple.getValueNode()).getValue())
                        .findFirst()
                : Optional.empty();
    }

    static boolean extendsAnother(Node root) {
        return parent(root).isPresent();
    }

    private static Optional<ScalarNode> parent(Node root) {
        return root instanceof MappingNode mapping
                ? mapping.getValue().stream()
                        .filter(tuple -> key(tuple).equals("extends") && tuple.getValueNode() instanceof ScalarNode)
                        .map(tuple -> (ScalarNode) tuple.getValueNode())
                        .findFirst()
                : Optional.empty();
    }

    /** Composing and reading recurse, so the depth is limited to protect the stack. */
    static boolean isTooDeep(String file, String text, List<Problem> problems) {
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
                    problems.add(new Problem(file, line, "values stand in each other too deep"));
                    return true;
                }
            }
        } catch (YamlEngineException e) {
            // The caller that composes the document reports it.
            return false;
        }
        return false;
    }

    /** {@code extends: other}: the other's tree with this one laid over it; {@code null} removes. */
    static Optional<Node> inherit(
            String file, Node root, Function<String, Optional<Node>> roots, List<Problem> problems, int depth) {
        if (!(root instanceof MappingNode mapping)) {
            problems.add(new Problem(file, 1, "a definition is names with values, the first of them id"));
            return Optional.empty();
        }
        Optional<ScalarNode> parent = parent(mapping);
        if (parent.isEmpty()) {
            return Optional.of(mapping);
        }
        Optional<Node> other = roots.apply(parent.get().getValue() + ".yaml");
        if (other.isEmpty() || depth > 5) {
            problems.add(new Problem(
                    file,
                    Nodes.lineOf(parent.get()),
                    "there is no provider '" + parent.get().getValue() + "' to extend"));
            return Optional.empty();
        }
        return inherit(file, other.get(), roots, problems, depth + 1)
                .map(base -> merge(without((MappingNode) base, NOT_INHERITED), mapping));
    }

    private static MappingNode without(MappingNode base, Set<String> keys) {
        return new MappingNode(
                base.getTag(),
                true,
                base.getValue().stream()
                        .filter(tuple -> !keys.contains(key(tuple)))
                        .toList(),
                base.getFlowStyle(),
                base.getStartMark(),
                base.getEndMark());
    }

    private static MappingNode merge(MappingNode base, MappingNode over) {
        Map<String, NodeTuple> merged = new LinkedHashMap<>();
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
