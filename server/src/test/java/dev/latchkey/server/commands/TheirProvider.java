package dev.latchkey.server.commands;

import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** An entry of Nango's catalogue, whole: one that is another with differences has both. */
public record TheirProvider(String id, Map<String, Object> json) {
    private static final Pattern VALUE = Pattern.compile("\\$\\{(?:connectionConfig\\.)?([^}]+)}");

    @SuppressWarnings("unchecked")
    public static List<TheirProvider> all() throws Exception {
        Map<String, Map<String, Object>> all = (Map<String, Map<String, Object>>) new Load(LoadSettings.builder()
                        .setMaxAliasesForCollections(10_000)
                        .build())
                .loadFromString(Files.readString(ReferenceCatalogue.file()));
        List<TheirProvider> whole = new ArrayList<>();
        new TreeMap<>(all).forEach((id, entry) -> whole.add(new TheirProvider(id, whole(all, entry))));
        return whole;
    }

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

    public String mode() {
        return String.valueOf(json.get("auth_mode"));
    }

    boolean is(String flag) {
        return Boolean.TRUE.equals(json.get(flag));
    }

    public Map<String, Map<String, Object>> config() {
        return typed("connection_config");
    }

    public Map<String, Map<String, Object>> credentials() {
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

    /** A member of credentials as a form of Nango's takes it: the given one, or its own example. */
    public String entered(String credential, String given) {
        Map<String, Object> field = credentials().getOrDefault(credential, Map.of());
        String example = String.valueOf(field.getOrDefault("example", given));
        // Some of theirs are masked.
        return fits(field, given) || example.contains("*") ? given : example;
    }

    private static boolean fits(Map<String, Object> field, String given) {
        try {
            return field.get("pattern") == null
                    || Pattern.compile(String.valueOf(field.get("pattern")))
                            .matcher(given)
                            .find();
        } catch (PatternSyntaxException e) {
            // One of theirs has a range that ends before it begins.
            return true;
        }
    }

    /** What a form of Nango's sends without showing it. */
    public Optional<String> constant(String credential) {
        Map<String, Map<String, Object>> all = credentials();
        if (all.isEmpty()) {
            return Optional.empty();
        }
        Map<String, Object> field = all.getOrDefault(credential, Map.of("default_value", "", "hidden", true));
        return Boolean.TRUE.equals(field.get("hidden"))
                ? Optional.of(String.valueOf(field.getOrDefault("default_value", "")))
                : Optional.empty();
    }

    /** The names of what the vendor says: in token responses, in callbacks, in webhooks. */
    public List<String> learned() {
        return Stream.of("token_response_metadata", "redirect_uri_metadata", "webhook_response_metadata")
                .flatMap(name -> list(name).stream())
                .toList();
    }

    public List<String> list(String name) {
        return json.get(name) instanceof List<?> several
                ? several.stream().map(String::valueOf).toList()
                : List.of();
    }

    boolean uses(String value) {
        return json.toString().contains(value);
    }

    /** Values as its own examples have them, of what is entered and of what is learned. */
    public Map<String, String> samples() {
        Map<String, String> samples = new LinkedHashMap<>();
        config().forEach((name, field) -> {
            if (!Boolean.TRUE.equals(field.get("optional")) && !Boolean.TRUE.equals(field.get("hidden"))) {
                samples.put(name, sample(name, field));
            }
        });
        learned().stream()
                .filter(name -> uses("${connectionConfig." + name + "}"))
                .forEach(name -> samples.putIfAbsent(name, learned(name)));
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

    /** A value in place of an address is one; a value in place of a host is a host. */
    private String learned(String name) {
        String all = json.toString();
        String value = "${connectionConfig." + name + "}";
        return all.contains("=" + value) || all.contains("|| " + value)
                ? "https://learned.example.com"
                : all.contains("://" + value + "/") ? "learned.example.com" : "learned";
    }

    @SuppressWarnings("unchecked")
    public Optional<String> base(Map<String, String> given) {
        return url(given, ((Map<String, Object>) json.getOrDefault("proxy", Map.of())).get("base_url"));
    }

    /** What its calls carry beside the kind's own: {@code headers} or {@code query}, as templates. */
    @SuppressWarnings("unchecked")
    public Map<String, String> carried(String part) {
        Map<String, String> carried = new TreeMap<>();
        Object all = ((Map<String, Object>) json.getOrDefault("proxy", Map.of())).get(part);
        if (all instanceof Map<?, ?> templates) {
            templates.forEach((name, template) ->
                    carried.put(String.valueOf(name).toLowerCase(Locale.ROOT), String.valueOf(template)));
        }
        return carried;
    }

    /** An address by the name of its entry; of several by scheme the first. */
    Optional<String> address(Map<String, String> given, String name) {
        Object value = json.get(name);
        return url(
                given,
                value instanceof Map<?, ?> several && !several.isEmpty()
                        ? several.values().iterator().next()
                        : value);
    }

    private static Optional<String> url(Map<String, String> given, @org.jspecify.annotations.Nullable Object value) {
        return Optional.ofNullable(value).map(String::valueOf).flatMap(text -> expand(given, text));
    }

    private static Optional<String> expand(Map<String, String> given, String text) {
        for (String alternative : text.split(" \\|\\| ")) {
            Matcher value = VALUE.matcher(alternative);
            if (value.results().allMatch(it -> given.containsKey(it.group(1)))) {
                return Optional.of(VALUE.matcher(alternative)
                        .replaceAll(it -> Matcher.quoteReplacement(given.getOrDefault(it.group(1), ""))));
            }
        }
        return Optional.empty();
    }

    /** Fixed parameters of a request, but for those that RFC 6749 itself demands. */
    Map<String, String> params(Map<String, String> given, String name) {
        Map<String, String> params = new TreeMap<>();
        if (json.get(name) instanceof Map<?, ?> all) {
            all.forEach((key, value) -> {
                if (value != null && !(value instanceof Map<?, ?>)) {
                    expand(given, String.valueOf(value)).ifPresent(text -> params.put(String.valueOf(key), text));
                }
            });
        }
        params.keySet().removeAll(Set.of("grant_type", "response_type"));
        return params;
    }

    Set<String> defaultScopes() {
        return new TreeSet<>(list("default_scopes"));
    }
}
