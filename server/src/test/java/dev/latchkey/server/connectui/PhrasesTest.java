package dev.latchkey.server.connectui;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every language says everything. */
class PhrasesTest {
    private static final Pattern PLACE = Pattern.compile("\\{\\w+}");
    private static final Pattern PLURAL = Pattern.compile("\\.(zero|one|two|few|many|other)$");
    /** CLDR's plural categories of whole numbers; the journey in the browser holds them against its own. */
    private static final Map<Language, Set<String>> CATEGORIES = Map.of(
            Language.EN, Set.of("one", "other"),
            Language.DE, Set.of("one", "other"),
            Language.FR, Set.of("one", "many", "other"),
            Language.ES, Set.of("one", "many", "other"),
            Language.PT, Set.of("one", "many", "other"),
            Language.JA, Set.of("other"),
            Language.ZH, Set.of("other"));

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
        assertThat(Language.accepted("nl, fr-CH;q=0.9, de;q=0.8")).isEqualTo(Language.FR);
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
}
