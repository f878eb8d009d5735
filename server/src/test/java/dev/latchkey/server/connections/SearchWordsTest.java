package dev.latchkey.server.connections;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SearchWordsTest {
    @Test
    void ofIdUserAndTagsEachOnceInLowerCase() {
        Connection.EndUser user = new Connection.EndUser(
                "U-17",
                Optional.of("Ada@Example.com"),
                Optional.of("Ada L\u00d6velace"),
                Map.of(),
                Optional.of(new Connection.Organization("org_1", Optional.of("Acme's \\ \"Best\""))));

        assertThat(SearchWords.of("shop-17", Optional.of(user), Map.of("plan", "pro")))
                .isEqualTo("'1' '17' 'acme' 'ada' 'best' 'com' 'example' 'l\u00f6velace' 'org' 'pro' 's' 'shop' 'u'");
    }

    @Test
    void nothingInAWordCanEndItsQuotes() {
        assertThat(SearchWords.of("a'b\\c\0d", Optional.empty(), Map.of())).isEqualTo("'a' 'b' 'cd'");
        assertThat(SearchWords.asked("x' | 'y\\")).contains("'x':* & 'y':*");
    }

    @Test
    void aLongWordIsCutBetweenCharacters() {
        String rocket = "\ud83d\ude80";
        assertThat(SearchWords.of(rocket.repeat(120), Optional.empty(), Map.of()))
                .isEqualTo("'" + rocket.repeat(100) + "'");
        assertThat(SearchWords.asked(rocket.repeat(120))).contains("'" + rocket.repeat(100) + "':*");
    }

    @Test
    void aTextWithoutWordsAsksForNothing() {
        assertThat(SearchWords.asked(" -- ")).isEmpty();
        assertThat(SearchWords.of("--", Optional.empty(), Map.of())).isEmpty();
    }
}
