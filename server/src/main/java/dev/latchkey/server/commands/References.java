package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The values that a file names and does not contain: {@code ${NAME}} within a text is the environment variable, and a mapping whose only
 * member is {@code file} is the text of that file. A folder is the file's own.
 */
final class References {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\$\\{|\\$\\{([A-Za-z_][A-Za-z0-9_]*)}");
    private static final long LARGEST_FILE = 1024 * 1024;

    private final Path folder;
    private final Map<String, String> variables;
    private final List<String> problems = new ArrayList<>();

    References(Path folder, Map<String, String> variables) {
        this.folder = folder;
        this.variables = variables;
    }

    /** What could not be found; each with its place. */
    List<String> problems() {
        return problems;
    }

    /** Whether the value comes from outside of the file, so that it is shown by its name alone. */
    static boolean isReference(JsonNode raw) {
        return isFile(raw)
                || raw.isString() && VARIABLE.matcher(raw.asString()).results().anyMatch(one -> one.group(1) != null);
    }

    /** As the file has it: {@code ${NAME}}, {@code file PATH}. */
    static String shown(JsonNode raw) {
        return isFile(raw)
                ? "file " + raw.path("file").asString()
                : raw.isValueNode() ? raw.asString() : raw.toString();
    }

    static boolean isFile(JsonNode raw) {
        return raw.isObject() && raw.size() == 1 && raw.path("file").isString();
    }

    /** The same with every reference replaced. */
    JsonNode resolved(JsonNode raw, String place) {
        if (isFile(raw)) {
            return Json.MAPPER.getNodeFactory().stringNode(text(raw, place).stripTrailing());
        }
        return switch (raw) {
            case ObjectNode object -> {
                ObjectNode resolved = Json.MAPPER.createObjectNode();
                object.properties()
                        .forEach(member -> resolved.set(
                                member.getKey(), resolved(member.getValue(), place + "." + member.getKey())));
                yield resolved;
            }
            case ArrayNode list -> {
                ArrayNode resolved = Json.MAPPER.createArrayNode();
                for (int i = 0; i < list.size(); i++) {
                    resolved.add(resolved(list.get(i), place + "[" + i + "]"));
                }
                yield resolved;
            }
            case JsonNode text
            when text.isString() -> Json.MAPPER.getNodeFactory().stringNode(substituted(text.asString(), place));
            case JsonNode other -> other;
        };
    }

    /** An image as the API takes it. */
    JsonNode image(JsonNode raw, String place) {
        if (!isFile(raw)) {
            return resolved(raw, place);
        }
        String name = raw.path("file").asString();
        String ending = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        String type = ending.equals("svg") ? "svg+xml" : ending.equals("jpg") ? "jpeg" : ending;
        return Json.MAPPER
                .getNodeFactory()
                .stringNode("data:image/" + type + ";base64,"
                        + Base64.getEncoder().encodeToString(bytes(name, place).orElse(new byte[0])));
    }

    /** The text of a mapping {@code file: PATH}. */
    String text(JsonNode raw, String place) {
        return bytes(raw.path("file").asString(), place)
                .map(content -> new String(content, java.nio.charset.StandardCharsets.UTF_8))
                .orElse("");
    }

    Path path(String name) {
        return folder.resolve(name);
    }

    private Optional<byte[]> bytes(String name, String place) {
        Path file = path(name);
        try {
            if (Files.size(file) <= LARGEST_FILE) {
                return Optional.of(Files.readAllBytes(file));
            }
            problems.add(place + " names the file " + file + ", which is larger than 1 MiB.");
        } catch (IOException e) {
            problems.add(place + " names the file " + file + ", which cannot be read.");
        }
        return Optional.empty();
    }

    private String substituted(String text, String place) {
        return VARIABLE.matcher(text).replaceAll(found -> {
            String name = found.group(1);
            if (name == null) {
                return Matcher.quoteReplacement("${");
            }
            String value = variables.get(name);
            if (value == null || value.isEmpty()) {
                problems.add(place + " needs the environment variable " + name + ", which is not set.");
                return "";
            }
            return Matcher.quoteReplacement(value);
        });
    }
}
