package dev.latchkey.server.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

class NulTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"\\u0000\"",
                "[1, [\"a\\u0000b\"]]",
                "{\"a\": {\"b\\u0000\": 1}}",
                "{\"a\": [{\"b\": \"\\u0000c\"}]}"
            })
    void findsItInNamesAndTexts(String json) {
        JsonNode tree = Json.MAPPER.readTree(json);

        assertThat(Nul.isIn(tree)).isTrue();
    }

    @Test
    void findsNothingElse() {
        JsonNode tree = Json.MAPPER.readTree("{\"a\\u0001\": [\"\\\\u0000\", null, true, 1.5, {}]}");

        assertThat(Nul.isIn(tree)).isFalse();
    }
}
