package dev.latchkey.catalogue.nango;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/**
 * Converts a catalogue in the format of Nango's {@code providers.yaml}, which its user supplies, into our definitions, and reports
 * what could not be expressed for each entry. Code that entries name (scripts after connecting, for webhooks) has no counterpart in
 * data.
 */
public final class NangoCatalogue {
    /** The rule of definitions that a user must not choose where the app's secret goes; it names the field. */
    private static final Pattern DECIDING = Pattern.compile("^field '([^']+)' decides where the app's secret is sent");

    private NangoCatalogue() {}

    /**
     * @param text the definition; empty where there is none
     * @param mode the entry's own {@code auth_mode}
     * @param missing what was left out, or why there is no definition
     */
    public record Converted(String id, String mode, Optional<String> text, List<String> missing) {
        /** Whether the definition says all that the entry said. */
        public boolean isWhole() {
            return text.isPresent() && missing.isEmpty();
        }
    }

    /** @throws IllegalArgumentException when the text is no such catalogue */
    public static List<Converted> convert(String providers) {
        Map<String, Object> entries = entries(providers);
        List<Converted> converted = new ArrayList<>();
        new TreeMap<>(entries).forEach((id, entry) -> converted.add(convert(id, whole(id, entries, 0))));
        return List.copyOf(converted);
    }

    private static Map<String, Object> entries(String text) {
        try {
            Object root = new Load(LoadSettings.builder()
                            .setCodePointLimit(20_000_000)
                            .setMaxAliasesForCollections(1_000)
                            .build())
                    .loadFromString(text);
            if (root instanceof Map<?, ?>) {
                return map(root);
            }
        } catch (YamlEngineException e) {
            throw new IllegalArgumentException("this is not YAML: "
                    + String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
        }
        throw new IllegalArgumentException("this is no catalogue: providers by name were expected");
    }

    /** An entry with {@code alias} says only what differs from another. */
    private static Map<String, Object> whole(String id, Map<String, Object> entries, int depth) {
        Map<String, Object> entry = map(entries.get(id));
        Optional<String> parent = Optional.ofNullable(entry.get("alias")).map(Object::toString);
        return parent.isPresent() && entries.containsKey(parent.get()) && depth < 5
                ? merge(whole(parent.get(), entries, depth + 1), entry)
                : entry;
    }

    private static Map<String, Object> merge(Map<String, Object> base, Map<String, Object> over) {
        Map<String, Object> merged = new LinkedHashMap<>(base);
        over.forEach((name, value) -> merged.put(
                name,
                value instanceof Map<?, ?> && merged.get(name) instanceof Map<?, ?>
                        ? merge(map(merged.get(name)), map(value))
                        : value));
        return merged;
    }

    private static Converted convert(String id, Map<String, Object> entry) {
        return convert(id, entry, Set.of());
    }

    /** @param settings of the integration, in place of its connections */
    private static Converted convert(String id, Map<String, Object> entry, Set<String> settings) {
        String mode = String.valueOf(entry.getOrDefault("auth_mode", ""));
        NangoEntry one = new NangoEntry(id, entry, settings);
        Optional<Map<String, Object>> tree = one.convert();
        if (tree.isEmpty()) {
            return new Converted(id, mode, Optional.empty(), one.missing());
        }
        String text = new Dump(DumpSettings.builder().setWidth(140).build()).dumpToString(tree.get());
        List<Problem> problems = Catalogue.problems(id + ".yaml", text);
        Set<String> deciding = problems.stream()
                .map(problem -> DECIDING.matcher(problem.message()))
                .filter(found -> found.find())
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        if (settings.isEmpty() && !deciding.isEmpty()) {
            return convert(id, entry, Set.copyOf(deciding));
        }
        return problems.isEmpty()
                ? new Converted(id, mode, Optional.of(text), one.missing())
                : new Converted(
                        id,
                        mode,
                        Optional.empty(),
                        problems.stream().map(Problem::message).toList());
    }

    static Map<String, Object> map(@org.jspecify.annotations.Nullable Object value) {
        Map<String, Object> found = new LinkedHashMap<>();
        if (value instanceof Map<?, ?> any) {
            any.forEach((name, one) -> found.put(String.valueOf(name), one));
        }
        return found;
    }

    static boolean isPattern(String text) {
        try {
            return !Pattern.compile(text).pattern().isEmpty();
        } catch (PatternSyntaxException e) {
            return false;
        }
    }
}
