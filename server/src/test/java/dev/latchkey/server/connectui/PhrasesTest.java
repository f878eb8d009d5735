package dev.latchkey.server.connectui;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.environments.Language;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Every language says everything. */
class PhrasesTest {
    private static final Pattern PLACE = Pattern.compile("\\{\\w+}");
    private static final Pattern PLURAL = Pattern.compile("\\.(zero|one|two|few|many|other)$");
    /** CLDR's plural categories of whole numbers; the journey in the browser holds them against its own. */
    private static final Map<Language, Set<String>> CATEGORIES = Map.ofEntries(
            Map.entry(Language.EN, Set.of("one", "other")),
            Map.entry(Language.DE, Set.of("one", "other")),
            Map.entry(Language.FR, Set.of("one", "many", "other")),
            Map.entry(Language.ES, Set.of("one", "many", "other")),
            Map.entry(Language.PT, Set.of("one", "many", "other")),
            Map.entry(Language.IT, Set.of("one", "many", "other")),
            Map.entry(Language.NL, Set.of("one", "other")),
            Map.entry(Language.PL, Set.of("one", "few", "many", "other")),
            Map.entry(Language.JA, Set.of("other")),
            Map.entry(Language.KO, Set.of("other")),
            Map.entry(Language.ZH, Set.of("other")),
            Map.entry(Language.AR, Set.of("zero", "one", "two", "few", "many", "other")));

    /** Languages that are not written with Latin letters. */
    private static final Map<Language, Pattern> SCRIPTS = Map.of(
            Language.JA, Pattern.compile("[\\p{IsHiragana}\\p{IsKatakana}\\p{IsHan}]"),
            Language.KO, Pattern.compile("\\p{IsHangul}"),
            Language.ZH, Pattern.compile("\\p{IsHan}"),
            Language.AR, Pattern.compile("\\p{IsArabic}"));

    /** Words that an English sentence can hardly do without, and that are none in the others. */
    private static final Pattern ENGLISH =
            Pattern.compile("\\b(the|you|your|this|that|with|and|please|again|cannot)\\b", Pattern.CASE_INSENSITIVE);

    /** What another language took from English, or English from it; of one word each. */
    private static final Pattern SHARED = Pattern.compile("title\\..*|error\\.details|field\\.optional");

    private static Set<String> singular(Language language) {
        return Phrases.of(language).keys().stream()
                .filter(key -> !isPlural(key))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static boolean isPlural(String key) {
        return PLURAL.matcher(key).find() && !key.equals("error.other");
    }

    private static Set<String> places(String line) {
        return PLACE.matcher(line).results().map(match -> match.group()).collect(Collectors.toSet());
    }

    @Test
    void allLanguagesHaveTheSameKeysAndPlaces() {
        for (Language language : Language.values()) {
            assertThat(singular(language)).as(language.tag()).isEqualTo(singular(Language.EN));
            for (String key : singular(language)) {
                assertThat(places(Phrases.of(language).say(key)))
                        .as(language.tag() + " " + key)
                        .isEqualTo(places(Phrases.of(Language.EN).say(key)));
                assertThat(Phrases.of(language).say(key))
                        .as(language.tag() + " " + key)
                        .isNotBlank();
            }
        }
    }

    @Test
    void everyPluralHasTheFormsOfItsLanguageAndNoOthers() {
        for (Language language : Language.values()) {
            Map<String, Set<String>> forms = Phrases.of(language).keys().stream()
                    .filter(PhrasesTest::isPlural)
                    .collect(Collectors.groupingBy(
                            key -> key.substring(0, key.lastIndexOf('.')),
                            Collectors.mapping(key -> key.substring(key.lastIndexOf('.') + 1), Collectors.toSet())));
            assertThat(forms.keySet()).containsExactlyInAnyOrder("search.found", "device.minutes", "code.minutes");
            forms.forEach((key, found) ->
                    assertThat(found).as(language.tag() + " " + key).isEqualTo(CATEGORIES.get(language)));
        }
    }

    @Test
    void theBrowsersLanguageIsTakenByItsWeight() {
        assertThat(Language.accepted("fi, fr-CH;q=0.9, de;q=0.8")).isEqualTo(Language.FR);
        assertThat(Language.accepted("nl-BE, fr;q=0.9")).isEqualTo(Language.NL);
        assertThat(Language.accepted("ar-EG, en;q=0.5")).isEqualTo(Language.AR);
        assertThat(Language.accepted("de;q=0.3, ja;q=0.7")).isEqualTo(Language.JA);
        assertThat(Language.accepted("ja;q=0, pt-BR;q=0.1")).isEqualTo(Language.PT);
        assertThat(Language.accepted("zh-Hant-TW")).isEqualTo(Language.ZH);
        for (String odd : List.of("", "*", "xx", "ü;;q=nonsense")) {
            assertThat(Language.accepted(odd)).as(odd).isEqualTo(Language.EN);
        }
    }

    @Test
    void commonTitlesAreTranslatedAndOthersKept() {
        assertThat(Phrases.of(Language.DE).title("API key")).isEqualTo("API-Schlüssel");
        assertThat(Phrases.of(Language.DE).title("Flux capacitor")).isEqualTo("Flux capacitor");
    }

    @Test
    void pluralsNameTheirNumberExceptWhereTheWordItselfDoes() {
        for (Language language : Language.values()) {
            Phrases.of(language).keys().stream().filter(PhrasesTest::isPlural).forEach(key -> {
                boolean byWord = language == Language.AR && key.matches(".*\\.(zero|one|two)");
                assertThat(places(Phrases.of(language).say(key)))
                        .as(language.tag() + " " + key)
                        .isEqualTo(byWord ? Set.of() : Set.of("{count}"));
            });
        }
    }

    @Test
    void nothingIsLeftInEnglish() {
        for (Language language : Language.values()) {
            if (language == Language.EN) {
                continue;
            }
            for (String key : singular(language)) {
                String text = Phrases.of(language).say(key);
                String english = Phrases.of(Language.EN).say(key);
                String name = language.tag() + " " + key;
                assertThat(text).as(name).doesNotContainPattern(ENGLISH);
                if (!text.contains(" ") && SHARED.matcher(key).matches() && !SCRIPTS.containsKey(language)) {
                    continue;
                }
                assertThat(text).as(name).isNotEqualTo(english);
                Optional.ofNullable(SCRIPTS.get(language))
                        .ifPresent(script -> assertThat(text).as(name).containsPattern(script));
            }
        }
    }

    @Test
    void namesStandApartBetweenRightToLeftWords() {
        assertThat(Phrases.of(Language.AR).say("done.text", "provider", "Acme (EU)"))
                .contains("\u2068Acme (EU)\u2069");
        assertThat(Phrases.of(Language.AR).refusal("provider_unavailable", "Acme"))
                .contains("\u2068Acme\u2069");
        assertThat(Phrases.of(Language.DE).say("done.text", "provider", "Acme")).doesNotContain("\u2068");
        assertThat(Language.AR.direction()).isEqualTo("rtl");
    }

    /** A name may look like a placeholder. */
    @Test
    void valuesAreNotReadAsPlaceholders() {
        assertThat(Phrases.of(Language.EN)
                        .fill("pick.intro.product", Map.of("product", "{provider} $1", "provider", "wrong")))
                .isEqualTo("Choose what you want to connect to {provider} $1.");
    }

    @Test
    void theApisDescriptionAndTheDocumentationNameEveryLanguage() throws IOException {
        List<String> tags = Stream.of(Language.values()).map(Language::tag).toList();
        String last = tags.getLast();
        String others = String.join(", ", tags.subList(0, tags.size() - 1));
        assertThat(Files.readString(Path.of("src/main/resources/openapi/openapi.yaml")))
                .contains(others + " or " + last + ".")
                .contains("(" + others + ", " + last + ")");

        String page = Files.readString(Path.of("../docs/connect-ui.md"));
        for (Language language : Language.values()) {
            assertThat(page)
                    .contains("`" + language.tag() + "`")
                    .contains(language.locale().getDisplayLanguage(Locale.ENGLISH));
        }
    }
}
