package dev.latchkey.catalogue.reader;

import dev.latchkey.catalogue.model.CatalogueException.Problem;
import dev.latchkey.catalogue.model.Reach;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Finds every key that the reader knows by having it read: whenever it looks for a key that was not seen before, a definition with
 * that key is read next, until nothing new turns up. Thus a key that only another key opens is found too.
 */
final class Exploration implements Observer {
    /** A placeholder for the names that a definition gives itself. */
    static final String ANY = "any_name";

    private static final JsonMapper JSON = JsonMapper.shared();
    private static final Map<Shape, JsonNode> EXAMPLES = Map.of(
            Shape.TEXT, text(),
            Shape.TEXTS, text(),
            Shape.FLAG, JSON.valueToTree(true),
            Shape.DURATION, JSON.valueToTree("1s"),
            Shape.DAY, JSON.valueToTree("2026-11-29"),
            Shape.ADDRESS, JSON.valueToTree("https://vendor.example/"),
            Shape.MAPPING, JSON.createObjectNode(),
            Shape.MAPPINGS, list());
    private static final LoadSettings SETTINGS = LoadSettings.builder().build();

    /** Mappings by path, the shapes of each of their keys in the order in which the reader looks for them. */
    private final Map<List<String>, Map<String, Set<Shape>>> found = new LinkedHashMap<>();

    private final Set<List<Object>> seen = new HashSet<>();
    private final Deque<ObjectNode> waiting = new ArrayDeque<>();
    private final List<String> under;
    private ObjectNode current = JSON.createObjectNode();

    private Exploration(List<String> under) {
        this.under = under;
    }

    /**
     * @param start a definition to start from
     * @param under the path of the mapping whose keys are wanted
     */
    static Map<List<String>, Map<String, Set<Shape>>> of(ObjectNode start, List<String> under) {
        Exploration exploration = new Exploration(under);
        exploration.waiting.add(start);
        while (!exploration.waiting.isEmpty()) {
            exploration.read(exploration.waiting.remove());
        }
        return exploration.found;
    }

    private void read(ObjectNode definition) {
        current = definition;
        List<Problem> problems = new ArrayList<>();
        new Compose(SETTINGS)
                .composeString(definition.toString())
                .ifPresent(root -> new ProviderReader(
                                definition.path("id").asString() + ".yaml", Reach.OPERATOR, problems, this)
                        .read(root));
    }

    @Override
    public void key(List<String> path, String key, Shape shape) {
        if (!isWanted(path)) {
            return;
        }
        found.computeIfAbsent(path, missing -> new LinkedHashMap<>())
                .computeIfAbsent(key, missing -> new LinkedHashSet<>())
                .add(shape);
        boolean kind = path.equals(DefinitionSchema.AUTH) && key.equals("kind");
        // Each kind is explored by itself.
        if (!kind && seen.add(List.of(path, key, shape))) {
            if (shape instanceof Shape.Words words) {
                words.words().forEach(word -> with(path, key, JSON.valueToTree(word)));
            } else {
                with(path, key, Objects.requireNonNull(EXAMPLES.get(shape)));
            }
        }
    }

    @Override
    public void presence(List<String> path, String key) {
        if (isWanted(path) && seen.add(List.of(path, key))) {
            with(path, key, text());
            with(path, key, JSON.createObjectNode());
            with(path, key, list());
        }
    }

    @Override
    public void anyKey(List<String> path) {
        presence(path, ANY);
    }

    private static JsonNode text() {
        // A path, a place in a request, and a word.
        return JSON.valueToTree("header.x");
    }

    private static ArrayNode list() {
        ArrayNode list = JSON.createArrayNode();
        list.addObject();
        return list;
    }

    private boolean isWanted(List<String> path) {
        return path.size() >= under.size()
                && path.subList(0, under.size()).equals(under)
                && !isWithinRepetition(path)
                && isMapping(current, path);
    }

    /** Where it finds another value than a mapping, the reader reports that, and reads on as if it were empty. */
    private static boolean isMapping(JsonNode definition, List<String> path) {
        JsonNode place = definition;
        for (String step : path) {
            if (!place.isObject() && !place.isMissingNode()) {
                return false;
            }
            place = place.path(step);
            if (place instanceof ArrayNode items) {
                place = items.path(0);
            }
        }
        return place.isObject() || place.isMissingNode();
    }

    private static boolean isWithinRepetition(List<String> path) {
        for (int length = 1; length <= path.size(); length++) {
            if (repeats(path.subList(0, length)) > 0) {
                return true;
            }
        }
        return false;
    }

    /** How long the beginning of the path is that this mapping repeats (a user's own authorization has a proof with a user ...); 0: it does not. */
    static int repeats(List<String> path) {
        if (path.size() < 4) {
            return 0;
        }
        int first = Collections.indexOfSubList(path, path.subList(path.size() - 2, path.size()));
        return first + 2 < path.size() ? first + 2 : 0;
    }

    /** Reads the current definition later with this value, too. */
    private void with(List<String> path, String key, JsonNode value) {
        ObjectNode next = current.deepCopy();
        JsonNode place = next;
        for (String step : path) {
            // An absent mapping may be read as an empty one.
            place = place instanceof ObjectNode mapping && !mapping.has(step)
                    ? mapping.putObject(step)
                    : place.path(step);
            if (place instanceof ArrayNode items) {
                place = items.path(0);
            }
        }
        if (place instanceof ObjectNode mapping) {
            mapping.set(key, value);
            waiting.add(next);
        }
    }
}
