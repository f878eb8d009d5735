package dev.latchkey.server.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** What a vendor sends can be written, stored and read again. */
class StorableTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"\\u0000\"                      | \"\"",
                "[1, [\"a\\u0000b\"]]             | [1, [\"ab\"]]",
                "{\"a\": {\"b\\u0000\": 1}}       | {\"a\": {\"b\": 1}}",
                "{\"a\": [{\"b\": \"\\u0000c\"}]} | {\"a\": [{\"b\": \"c\"}]}",
                "[\"a\\ud800\"]                   | [\"a\ufffd\"]",
                "[\"\\udc00a\"]                   | [\"\ufffda\"]",
                "[\"\\ud83d\\ude00\"]             | [\"\ud83d\ude00\"]"
            })
    void leavesOutWhatCannotBeStored(String sent, String stored) {
        assertThat(Storable.of(Json.MAPPER.readTree(sent))).isEqualTo(Json.MAPPER.readTree(stored));
    }

    @Test
    void writesNumbersOfManyDigitsAsTextsAndCutsWhatIsDeep() {
        String digits = "9".repeat(61);

        assertThat(Storable.of(Json.MAPPER.readTree("[" + digits + "]")).get(0).stringValue())
                .isEqualTo(digits);
        JsonNode deep = Storable.of(Json.MAPPER.readTree("[".repeat(60) + "]".repeat(60)));
        assertThat(deep.toString()).hasSize(40 * 2 + "null".length());
    }

    @Test
    void leavesEverythingElseAsItIs() {
        JsonNode tree = Json.MAPPER.readTree("{\"a\\u0001\": [\"\\\\u0000\", null, true, 1.5, {}]}");
        JsonNode same = Json.MAPPER.readTree(tree.toString());

        assertThat(Storable.of(tree)).isSameAs(tree).isEqualTo(same);
    }
}
