package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** A command's output: a table for people, JSON for programs. */
final class Output {
    private static final String NOTHING = "-";

    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Option(names = "--json", description = "Print JSON.")
    private boolean json;

    boolean isJson() {
        return json;
    }

    PrintWriter out() {
        return java.util.Objects.requireNonNull(spec).commandLine().getOut();
    }

    PrintWriter err() {
        return java.util.Objects.requireNonNull(spec).commandLine().getErr();
    }

    void show(JsonNode node) {
        out().println(Json.MAPPER.writerWithDefaultPrettyPrinter().writeValueAsString(node));
    }

    /** The result: a message for people, the JSON for programs. */
    void done(String words, JsonNode node) {
        if (json) {
            show(node);
        } else {
            out().println(words);
        }
    }

    /** @param paths of the columns within each row, such as {@code end_user.id}; after a {@code |}, of what a row without it shows */
    void table(JsonNode rows, List<String> titles, List<String> paths) {
        if (json) {
            show(rows);
            return;
        }
        List<List<String>> lines = new ArrayList<>();
        lines.add(titles);
        for (JsonNode row : rows.values()) {
            lines.add(paths.stream().map(path -> cell(row, path)).toList());
        }
        print(out(), lines);
        if (rows.isEmpty()) {
            out().println("(none)");
        }
    }

    /** In columns. @param lines the first has the titles */
    static void print(PrintWriter out, List<List<String>> lines) {
        int[] widths = new int[lines.getFirst().size()];
        lines.forEach(line -> {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], line.get(i).length());
            }
        });
        for (List<String> line : lines) {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < widths.length; i++) {
                text.append(line.get(i))
                        .append(" ".repeat(widths[i] - line.get(i).length() + 2));
            }
            out.println(text.toString().stripTrailing());
        }
    }

    private static String cell(JsonNode row, String path) {
        int or = path.indexOf('|');
        if (or > 0) {
            String first = cell(row, path.substring(0, or));
            return first.equals(NOTHING) ? cell(row, path.substring(or + 1)) : first;
        }
        JsonNode node = row.at("/" + path.replace('.', '/'));
        return switch (node) {
            case JsonNode list
            when list.isArray() ->
                String.join(
                        ",",
                        list.values().stream()
                                .map(one -> one.isValueNode() ? one.asString() : one.toString())
                                .toList());
            case JsonNode scalar when scalar.isValueNode() && !scalar.isNull() -> scalar.asString();
            default -> NOTHING;
        };
    }
}
