package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * An environment as files describe it, for {@code latchkey apply}. Members have the names of the API. What a file does not mention is
 * left unchanged.
 */
final class AppliedFile {
    static final YAMLMapper YAML = YAMLMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** A section. */
    enum Part {
        ENVIRONMENT,
        BRANDING,
        PROVIDERS,
        INTEGRATIONS,
        WEBHOOKS,
        KEYS;

        String key() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }

        private boolean isList() {
            return this != ENVIRONMENT && this != BRANDING;
        }
    }

    /**
     * One object.
     *
     * @param raw as the file has it, with references: what may be shown
     * @param value with the values of the references: never shown
     * @param place names it in messages
     */
    record Entry(ObjectNode raw, ObjectNode value, String place, References references) {
        String text(String member) {
            return value.path(member).asString("");
        }

        /** For people: a reference is not replaced. */
        String shown(String member) {
            return References.shown(raw.path(member));
        }
    }

    /** A provider's definition. Nothing in it is replaced: definitions have templates of their own. */
    record Definition(String text, String place) {}

    private final Map<Part, List<Entry>> entries = new LinkedHashMap<>();
    private final List<Definition> definitions = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private boolean hasDefinitions;

    /** @param variables for {@code ${NAME}} */
    static AppliedFile read(List<Path> files, Map<String, String> variables) {
        AppliedFile whole = new AppliedFile();
        files.forEach(file -> whole.add(file, variables));
        whole.duplicates(Part.INTEGRATIONS, "unique_key");
        whole.duplicates(Part.WEBHOOKS, "url");
        whole.duplicates(Part.KEYS, "name");
        return whole;
    }

    /** What is wrong with the files themselves. */
    List<String> problems() {
        return problems;
    }

    boolean has(Part part) {
        return part == Part.PROVIDERS ? hasDefinitions : entries.containsKey(part);
    }

    List<Entry> entries(Part part) {
        return entries.getOrDefault(part, List.of());
    }

    Optional<Entry> one(Part part) {
        return entries(part).stream().findFirst();
    }

    List<Definition> definitions() {
        return definitions;
    }

    private void add(Path file, Map<String, String> variables) {
        JsonNode root;
        try {
            root = YAML.readTree(Files.readString(file));
        } catch (IOException e) {
            problems.add(file + " cannot be read.");
            return;
        } catch (JacksonException e) {
            // Its message would quote the line, which may be a secret.
            problems.add(file + " is not valid YAML"
                    + (e.getLocation() == null
                            ? ""
                            : " (line " + e.getLocation().getLineNr() + ")") + ", or has a member twice.");
            return;
        }
        Path folder = Optional.ofNullable(file.toAbsolutePath().getParent()).orElse(Path.of(""));
        References references = new References(folder, variables);
        if (!(root instanceof ObjectNode object)) {
            problems.add(file + " has none of the sections " + parts() + ".");
            return;
        }
        object.properties().forEach(section -> {
            Optional<Part> part = java.util.Arrays.stream(Part.values())
                    .filter(one -> one.key().equals(section.getKey()))
                    .findFirst();
            String place = file.getFileName() + ": " + section.getKey();
            if (part.isEmpty()) {
                problems.add(place + " is no section; there are " + parts() + ".");
            } else if (part.get().isList()) {
                list(part.get(), section.getValue(), place, references);
            } else if (section.getValue() instanceof ObjectNode one) {
                if (has(part.get())) {
                    problems.add(place + " stands twice.");
                }
                put(part.get(), one, place, references);
            } else {
                problems.add(place + " must have members.");
            }
        });
        problems.addAll(references.problems());
    }

    private static String parts() {
        return String.join(
                ", ", java.util.Arrays.stream(Part.values()).map(Part::key).toList());
    }

    private void list(Part part, JsonNode section, String place, References references) {
        if (!section.isArray()) {
            problems.add(place + " must be a list; [] is an empty one.");
            return;
        }
        hasDefinitions |= part == Part.PROVIDERS;
        if (part != Part.PROVIDERS) {
            entries.computeIfAbsent(part, any -> new ArrayList<>());
        }
        for (int i = 0; i < section.size(); i++) {
            JsonNode one = section.get(i);
            String at = place + "[" + i + "]";
            if (part == Part.PROVIDERS) {
                definition(one, at, references);
            } else if (one instanceof ObjectNode object) {
                put(part, object, at, references);
            } else {
                problems.add(at + " must have members.");
            }
        }
    }

    private void definition(JsonNode one, String at, References references) {
        if (References.isFile(one)) {
            definitions.add(new Definition(references.text(one, at), at));
        } else if (one.isObject()) {
            definitions.add(new Definition(YAML.writeValueAsString(one), at));
        } else if (one.isString()) {
            definitions.add(new Definition(one.asString(), at));
        } else {
            problems.add(at + " must be a definition, or 'file:' with the path of one.");
        }
    }

    private void put(Part part, ObjectNode raw, String place, References references) {
        ObjectNode value = Json.MAPPER.createObjectNode();
        raw.properties().forEach(member -> {
            boolean image = part == Part.BRANDING && member.getKey().startsWith("logo");
            String at = place + "." + member.getKey();
            value.set(
                    member.getKey(),
                    image ? references.image(member.getValue(), at) : references.resolved(member.getValue(), at));
        });
        entries.computeIfAbsent(part, any -> new ArrayList<>()).add(new Entry(raw, value, place, references));
    }

    private void duplicates(Part part, String name) {
        Set<String> seen = new TreeSet<>();
        entries(part).forEach(entry -> {
            if (entry.text(name).isEmpty()) {
                problems.add(entry.place() + " has no " + name + ".");
            } else if (!seen.add(entry.text(name))) {
                problems.add(entry.place() + ": " + name + " " + entry.shown(name) + " stands twice.");
            }
        });
    }
}
