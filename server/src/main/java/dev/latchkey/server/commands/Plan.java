package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What applying a file would do, in order. Values that the file refers to are shown by their names alone. */
final class Plan {
    /** What becomes of an object. */
    enum Action {
        ADD("+", "is added"),
        CHANGE("~", "is changed"),
        DELETE("-", "is deleted"),
        KEEP("!", "is kept");

        private final String sign;
        private final String done;

        Action(String sign, String done) {
            this.sign = sign;
            this.done = done;
        }
    }

    /** One member's line. */
    record Line(String member, String words) {}

    /** @param what such as {@code integration github} @param work of nothing for {@link Action#KEEP} */
    record Step(Action action, String what, List<Line> lines, Runnable work) {}

    private final List<Step> steps = new ArrayList<>();
    private final List<Step> deletions = new ArrayList<>();
    private int unchanged;

    void add(String what, AppliedFile.Entry entry, Set<String> hidden, Runnable work) {
        List<Line> lines = new ArrayList<>();
        flat("", entry.raw(), hidden, lines);
        steps.add(new Step(Action.ADD, what, lines, work));
    }

    void add(String what, List<Line> lines, Runnable work) {
        steps.add(new Step(Action.ADD, what, lines, work));
    }

    /** Nothing to do when there are no lines. */
    void change(String what, List<Line> lines, Runnable work) {
        if (lines.isEmpty()) {
            unchanged++;
        } else {
            steps.add(new Step(Action.CHANGE, what, lines, work));
        }
    }

    /** Deletions come last, in the opposite order of what is added. */
    void delete(String what, Runnable work) {
        deletions.addFirst(new Step(Action.DELETE, what, List.of(), work));
    }

    /** What a prune leaves, and why. */
    void keep(String what, String why) {
        deletions.addFirst(new Step(Action.KEEP, what, List.of(new Line("", why)), () -> {}));
    }

    List<Step> steps() {
        List<Step> all = new ArrayList<>(steps);
        all.addAll(deletions);
        return all;
    }

    boolean isEmpty() {
        return steps().stream().allMatch(step -> step.action() == Action.KEEP);
    }

    private long count(Action action) {
        return steps().stream().filter(step -> step.action() == action).count();
    }

    String summary() {
        return count(Action.ADD) + " to add, " + count(Action.CHANGE) + " to change, " + count(Action.DELETE)
                + " to delete, " + unchanged + " unchanged.";
    }

    void print(Output output) {
        if (output.isJson()) {
            output.show(json());
            return;
        }
        for (Step step : steps()) {
            output.out().println(step.action().sign + " " + step.what());
            step.lines()
                    .forEach(line -> output.out()
                            .println("    " + (line.member().isEmpty() ? "" : line.member() + ": ") + line.words()));
        }
        output.out().println(summary());
    }

    private ObjectNode json() {
        ObjectNode json = Json.MAPPER.createObjectNode();
        ArrayNode all = json.putArray("steps");
        for (Step step : steps()) {
            ObjectNode one = all.addObject()
                    .put("action", step.action().name().toLowerCase(java.util.Locale.ROOT))
                    .put("what", step.what());
            ArrayNode lines = one.putArray("lines");
            step.lines()
                    .forEach(line ->
                            lines.addObject().put("member", line.member()).put("words", line.words()));
        }
        return json.put("unchanged", unchanged);
    }

    /** @throws ServerApi.Refused at the first refusal, naming what is done and what is not */
    void run(Output output) {
        List<Step> all = steps();
        for (int i = 0; i < all.size(); i++) {
            Step step = all.get(i);
            try {
                step.work().run();
            } catch (ServerApi.Refused e) {
                throw new ServerApi.Refused(
                        e.status(),
                        e.code(),
                        step.what() + ": " + e.getMessage() + System.lineSeparator() + i + " of " + all.size()
                                + " steps are done. Applying the file again does the rest.");
            }
            if (step.action() != Action.KEEP && !output.isJson()) {
                output.err().println(step.what() + " " + step.action().done + ".");
            }
        }
    }

    private static void flat(String path, JsonNode node, Set<String> hidden, List<Line> lines) {
        for (var member : node.properties()) {
            String name = path + member.getKey();
            JsonNode value = member.getValue();
            if (hidden.contains(name)) {
                continue;
            }
            if (value.isObject() && !References.isFile(value)) {
                flat(name + ".", value, hidden, lines);
            } else {
                lines.add(new Line(name, References.shown(value)));
            }
        }
    }

    /**
     * The members of which the values differ.
     *
     * @param raw the file's own: what it takes from elsewhere is shown by its name
     */
    static List<Line> differences(JsonNode before, JsonNode after, JsonNode raw, Set<String> ignored) {
        List<Line> lines = new ArrayList<>();
        compare("", before, after, raw, ignored, lines);
        return lines;
    }

    private static void compare(
            String path, JsonNode before, JsonNode after, JsonNode raw, Set<String> ignored, List<Line> lines) {
        Set<String> names = new TreeSet<>(before.propertyNames());
        names.addAll(after.propertyNames());
        for (String name : names) {
            JsonNode from = before.path(name);
            JsonNode to = after.path(name);
            if (ignored.contains(path + name) || from.equals(to)) {
                continue;
            }
            if (from.isObject() && to.isObject()) {
                compare(path + name + ".", from, to, raw.path(name), ignored, lines);
            } else {
                lines.add(new Line(path + name, words(from, to, raw.path(name))));
            }
        }
    }

    static String words(JsonNode from, JsonNode to, JsonNode raw) {
        return References.isReference(raw) ? "changed to " + References.shown(raw) : value(from) + " -> " + value(to);
    }

    private static String value(JsonNode node) {
        if (node.isMissingNode() || node.isNull()) {
            return "(none)";
        }
        String text = node.isString() ? node.asString() : node.toString();
        return text.isEmpty() ? "(none)" : text.length() > 200 ? text.substring(0, 200) + "..." : text;
    }
}
