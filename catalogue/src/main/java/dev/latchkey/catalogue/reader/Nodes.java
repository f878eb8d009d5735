package dev.latchkey.catalogue.reader;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.snakeyaml.engine.v2.common.FlowStyle;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/** Nodes of YAML. */
public final class Nodes {
    private Nodes() {}

    /** Counted from 1; 0 if it is unknown. */
    public static int lineOf(Node node) {
        return node.getStartMark().map(mark -> mark.getLine() + 1).orElse(0);
    }

    static MappingNode empty() {
        return new MappingNode(Tag.MAP, new ArrayList<>(), FlowStyle.FLOW);
    }

    /**
     * What {@code extends} removes by it is gone by now: here it would be read as the text "null". A name without any value is none:
     * it is read as an empty text.
     */
    static boolean isNull(Node node) {
        return node instanceof SequenceNode list
                ? list.getValue().stream().anyMatch(Nodes::isNull)
                : node instanceof ScalarNode text
                        && node.getTag().equals(Tag.NULL)
                        && !text.getValue().isEmpty();
    }

    /** A text alone counts as a list of one; empty for anything but texts. */
    static Optional<List<String>> texts(Node node) {
        List<Node> items = node instanceof SequenceNode sequence ? sequence.getValue() : List.of(node);
        return items.stream().allMatch(ScalarNode.class::isInstance)
                ? Optional.of(items.stream()
                        .map(item -> ((ScalarNode) item).getValue())
                        .toList())
                : Optional.empty();
    }
}
