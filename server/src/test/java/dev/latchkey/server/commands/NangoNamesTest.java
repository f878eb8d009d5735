package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.kinds.Kinds;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * Of every provider that Nango has under the same id: its fields, members of credentials and learned values are known here by its
 * names, and its callers' paths reach the address that its definition describes. What differs is listed in docs/nango.md.
 */
class NangoNamesTest {
    private static final Path PAGE = Path.of("../docs/nango.md");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| `([a-z0-9-]+)` \\| ([a-z, ]+) \\| .+ \\|$");
    private static final Pattern VALUE = Pattern.compile("\\$\\{(?:connectionConfig\\.)?([^}]+)}");
    /** Sent by callers of every provider. */
    private static final Set<String> STANDARD =
            Set.of("username", "password", "apiKey", "privateKey", "clientId", "clientSecret", "oauth_client_id");

    private final Catalogue catalogue = Catalogue.load();

    @Test
    void whatNangoNamesIsKnownOrListedAsDifferent() throws Exception {
        Map<String, String> found = new TreeMap<>();
        int shared = 0;
        for (Map.Entry<String, Map<String, Object>> entry : reference().entrySet()) {
            Optional<Provider> ours = catalogue.find(entry.getKey());
            if (ours.isPresent()) {
                shared++;
                Set<String> differences = differences(new Theirs(entry.getValue()), ours.get());
                if (!differences.isEmpty()) {
                    found.put(entry.getKey(), String.join(", ", differences));
                }
            }
        }

        String page = Files.readString(PAGE);
        assertThat(shared).isGreaterThan(280);
        assertThat(found).as("the table of docs/nango.md").isEqualTo(listed(page));
        assertThat(page.replaceAll("\\s+", " "))
                .contains("Of the %d names that both have, %d agree".formatted(shared, shared - found.size()));
    }

    private static Map<String, String> listed(String page) {
        Map<String, String> rows = new TreeMap<>();
        String section = page.split("\n## Providers of the same name\n", 2)[1].split("\n## ", 2)[0];
        Matcher row = ROW.matcher(section);
        while (row.find()) {
            rows.put(row.group(1), row.group(2));
        }
        return rows;
    }

    private static Set<String> differences(Theirs theirs, Provider ours) {
        Set<String> found = new TreeSet<>();
        if (!ours.auth().facts().mode().equals(theirs.text("auth_mode"))) {
            found.add("kind");
        }
        if (theirs.config().entrySet().stream()
                .anyMatch(
                        field -> !isKnown(ours, field.getKey()) && theirs.uses("connectionConfig." + field.getKey()))) {
            found.add("field");
        }
        Set<String> standard = new TreeSet<>(STANDARD);
        standard.addAll(Kinds.of(ours.auth()).standardNames());
        if (theirs.credentials().keySet().stream()
                .anyMatch(name -> !standard.contains(name)
                        && !ours.fields().containsKey(name)
                        && !ours.nango().credentials().containsKey(name)
                        && !ours.nango().ignored().contains(name))) {
            found.add("credential");
        }
        if (theirs.learned().stream().anyMatch(name -> !isKnown(ours, name))) {
            found.add("learned value");
        }
        address(theirs, ours).ifPresent(found::add);
        return found;
    }

    private static boolean isKnown(Provider ours, String name) {
        return ours.fields().containsKey(name) || ours.nango().config().containsKey(name) || name.startsWith("oauth_");
    }

    /** Below which address a path of Nango's callers is, with values as Nango's users give them. */
    private static Optional<String> address(Theirs theirs, Provider ours) {
        Map<String, String> given = theirs.samples();
        Optional<String> expected = theirs.base(given);
        if (expected.isEmpty()) {
            return Optional.empty();
        }
        String path = ours.nango()
                        .base()
                        .flatMap(base -> base.when().stream().findFirst())
                        .orElse("")
                + "/probe";
        ConfigFields.Accepted accepted = ConfigFields.accept(ours, ours.nango().ours(given), false);
        if (!accepted.problems().isEmpty()) {
            return Optional.of("value");
        }
        Map<String, String> config = new HashMap<>();
        accepted.config()
                .properties()
                .forEach(one -> config.put(one.getKey(), one.getValue().asString()));
        Optional<String> base = ours.nango()
                .base(path)
                .flatMap(text -> expand(text, config))
                .or(() -> ours.api().base().flatMap(text -> expand(text, config)));
        if (base.isEmpty()) {
            // Learned from the vendor, for each account.
            return Optional.of("host");
        }
        String reached = base.map(it -> it.replaceAll("/$", "") + path).orElse("");
        String wanted = expected.get().replaceAll("/$", "") + path;
        if (reached.equals(wanted)) {
            return Optional.empty();
        }
        return Optional.of(afterHost(reached).equals(afterHost(wanted)) ? "host" : "path");
    }

    private static String afterHost(String address) {
        return address.replaceFirst("^https?://[^/]+", "");
    }

    private static Optional<String> expand(Text text, Map<String, String> config) {
        Template.Values values = reference -> reference.root().equals("config")
                ? Optional.ofNullable(config.get(String.join(".", reference.path())))
                : Optional.empty();
        return text.expand(values);
    }

    /** An entry of Nango's catalogue. */
    private record Theirs(Map<String, Object> json) {
        String text(String name) {
            return String.valueOf(json.get(name));
        }

        Map<String, Map<String, Object>> config() {
            return typed("connection_config");
        }

        Map<String, Map<String, Object>> credentials() {
            return typed("credentials");
        }

        /** What a person or a program enters. */
        @SuppressWarnings("unchecked")
        private Map<String, Map<String, Object>> typed(String name) {
            Map<String, Map<String, Object>> found =
                    new LinkedHashMap<>((Map<String, Map<String, Object>>) json.getOrDefault(name, Map.of()));
            found.values().removeIf(field -> Boolean.TRUE.equals(field.get("automated")));
            return found;
        }

        @SuppressWarnings("unchecked")
        List<String> learned() {
            return Stream.of("token_response_metadata", "redirect_uri_metadata")
                    .flatMap(name -> ((List<String>) json.getOrDefault(name, List.of())).stream())
                    .toList();
        }

        boolean uses(String value) {
            return json.toString().contains(value);
        }

        /** Values as its own examples have them; of values that are learned, an address where the base needs one. */
        Map<String, String> samples() {
            Map<String, String> samples = new LinkedHashMap<>();
            config().forEach((name, field) -> {
                if (!Boolean.TRUE.equals(field.get("optional")) && !Boolean.TRUE.equals(field.get("hidden"))) {
                    samples.put(name, sample(name, field));
                }
            });
            return samples;
        }

        private static String sample(String name, Map<String, Object> field) {
            if (field.get("enum") instanceof List<?> words) {
                return String.valueOf(words.getFirst());
            }
            String example = Stream.of("default_value", "example")
                    .map(key -> String.valueOf(field.getOrDefault(key, "")))
                    .filter(text -> !text.isBlank() && !text.contains("*"))
                    .findFirst()
                    .orElse(name.contains("ost") ? "acme.example.com" : "acme");
            return example.split(" or ")[0];
        }

        @SuppressWarnings("unchecked")
        Optional<String> base(Map<String, String> given) {
            Map<String, Object> proxy = (Map<String, Object>) json.getOrDefault("proxy", Map.of());
            return Optional.ofNullable(proxy.get("base_url")).flatMap(base -> {
                for (String alternative : base.toString().split(" \\|\\| ")) {
                    Matcher value = VALUE.matcher(alternative);
                    if (value.results().allMatch(it -> given.containsKey(it.group(1)))) {
                        return Optional.of(VALUE.matcher(alternative)
                                .replaceAll(it -> Matcher.quoteReplacement(given.getOrDefault(it.group(1), ""))));
                    }
                }
                return Optional.empty();
            });
        }
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Map<String, Object>> reference() throws Exception {
        Map<String, Map<String, Object>> all = (Map<String, Map<String, Object>>) new Load(LoadSettings.builder()
                        .setMaxAliasesForCollections(10_000)
                        .build())
                .loadFromString(Files.readString(ReferenceCatalogue.file()));
        Map<String, Map<String, Object>> whole = new TreeMap<>();
        all.forEach((id, entry) -> whole.put(id, whole(all, entry)));
        return whole;
    }

    /** An entry may be another with differences. */
    private static Map<String, Object> whole(Map<String, Map<String, Object>> all, Map<String, Object> entry) {
        return entry.get("alias") instanceof String alias && all.containsKey(alias)
                ? laid(whole(all, all.get(alias)), entry)
                : entry;
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> laid(Map<String, Object> under, Map<String, Object> over) {
        Map<String, Object> laid = new LinkedHashMap<>(under);
        over.forEach((key, value) -> laid.put(
                key,
                value instanceof Map<?, ?> more && laid.get(key) instanceof Map<?, ?> less
                        ? laid((Map<String, Object>) less, (Map<String, Object>) more)
                        : value));
        return laid;
    }
}
