package dev.latchkey.server.connectui;

import dev.latchkey.server.environments.Language;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.node.ObjectNode;

/**
 * The texts of one language: {@code words/<tag>.properties}. A phrase may have named placeholders, {@code {provider}}; one that
 * depends on a number has a line for each plural category of its language (CLDR), chosen in the browser by {@code Intl.PluralRules}.
 * Immutable.
 */
public final class Phrases {
    /** Texts used by scripts. */
    private static final List<String> OF_SCRIPTS = List.of(
            "error.",
            "field.",
            "search.found.",
            "device.minutes.",
            "code.minutes.",
            "device.copied",
            "string.",
            "checking");

    private static final Pattern PLACE = Pattern.compile("\\{(\\w+)}");

    private static final Map<Language, Phrases> ALL = read();

    private final Language language;
    private final Map<String, String> lines;
    private final String forScripts;

    private Phrases(Language language, Map<String, String> lines) {
        this.language = language;
        this.lines = lines;
        ObjectNode json = Json.MAPPER.createObjectNode();
        lines.forEach((key, line) -> {
            if (OF_SCRIPTS.stream().anyMatch(key::startsWith)) {
                json.put(key, line);
            }
        });
        this.forScripts = json.toString();
    }

    public static Phrases of(Language language) {
        return java.util.Objects.requireNonNull(ALL.get(language));
    }

    public Language language() {
        return language;
    }

    /** @throws IllegalStateException for a key that the files do not have */
    public String say(String key) {
        return find(key).orElseThrow(() -> new IllegalStateException(language.tag() + " has no words for " + key));
    }

    public String say(String key, String place, String value) {
        return fill(key, Map.of(place, value));
    }

    /** With several placeholders, which are not looked for in each other's values. */
    public String fill(String key, Map<String, String> values) {
        return PLACE.matcher(say(key))
                .replaceAll(place -> Matcher.quoteReplacement(Optional.ofNullable(values.get(place.group(1)))
                        .map(language::isolated)
                        .orElse(place.group())));
    }

    public Optional<String> find(String key) {
        return Optional.ofNullable(lines.get(key));
    }

    /** A field's title, if it is a common one; otherwise the definition's, in English. */
    public String title(String english) {
        return find("title." + english.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-"))
                .orElse(english);
    }

    /** What a refusal means for the person who connects. @param code as the API's errors have it */
    public String refusal(String code, String provider) {
        String key = "error." + code;
        return say(lines.containsKey(key) ? key : "error.other", "provider", provider);
    }

    /** The scripts' texts as JSON. */
    public String forScripts() {
        return forScripts;
    }

    public Set<String> keys() {
        return new TreeSet<>(lines.keySet());
    }

    private static Map<Language, Phrases> read() {
        Map<Language, Phrases> all = new EnumMap<>(Language.class);
        for (Language language : Language.values()) {
            all.put(language, new Phrases(language, lines(language)));
        }
        return all;
    }

    private static Map<String, String> lines(Language language) {
        Properties file = new Properties();
        String name = "/words/" + language.tag() + ".properties";
        try (InputStream stream = Phrases.class.getResourceAsStream(name)) {
            if (stream == null) {
                throw new IllegalStateException(name + " is not on the class path");
            }
            file.load(new InputStreamReader(stream, StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Map<String, String> lines = new TreeMap<>();
        file.stringPropertyNames().forEach(key -> lines.put(key, file.getProperty(key)));
        return Map.copyOf(lines);
    }
}
