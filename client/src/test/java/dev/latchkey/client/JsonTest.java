package dev.latchkey.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.json.JsonMapper;

class JsonTest {
    private static final JsonMapper JACKSON = JsonMapper.shared();

    @Test
    void readsAndWritesWhatAnotherLibraryDoes() {
        long seed = Long.getLong("seed", new Random().nextLong());
        System.out.println("seed of JsonTest: " + seed + " (repeat with -Dseed=" + seed + ")");
        Random random = new Random(seed);
        for (int i = 0; i < 2_000; i++) {
            Json value = Json.of(any(random, 0));

            assertThat(JACKSON.readTree(value.toString()).toString())
                    .isEqualTo(JACKSON.readTree(JACKSON.writeValueAsString(value.toObject()))
                            .toString());
            assertThat(Json.parse(value.toString())).isEqualTo(value);
        }
    }

    private static Object any(Random random, int depth) {
        return switch (random.nextInt(depth > 4 ? 5 : 7)) {
            case 0 -> random.nextLong();
            case 1 -> random.nextBoolean();
            case 2 -> random.nextInt(1_000) / 8.0;
            case 3 -> text(random);
            case 4 -> java.util.Optional.empty();
            case 5 -> {
                List<Object> list = new ArrayList<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    list.add(any(random, depth + 1));
                }
                yield list;
            }
            default -> {
                Map<String, Object> map = new LinkedHashMap<>();
                for (int i = random.nextInt(4); i > 0; i--) {
                    map.put(text(random), any(random, depth + 1));
                }
                yield map;
            }
        };
    }

    private static String text(Random random) {
        return random.ints(random.nextInt(8), 0, 0x3000)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    @Test
    void refusesWhatIsNotJsonAsAnotherLibraryDoes() {
        for (String text : List.of(
                "{",
                "[1,]",
                "{\"a\":}",
                "{\"a\" 1}",
                "01",
                "-",
                "1.",
                "1e",
                ".5",
                "+1",
                "tru",
                "nul",
                "\"a",
                "\"\\x\"",
                "\"\\u12g4\"",
                "\"\n\"",
                "[1] 2",
                "{a:1}",
                "'a'",
                "NaN",
                "[1 2]",
                "{\"a\":1,}",
                "\u00a01")) {
            assertThatThrownBy(() -> Json.parse(text)).as(text).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> JACKSON.readTree("[" + text + "]"))
                    .as(text)
                    .isInstanceOf(JacksonException.class);
        }
        assertThatThrownBy(() -> Json.parse("")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Json.parse("{\"a\": 1, \"a\": 2}")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Json.parse("[".repeat(100_000))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> Json.parse("hunter2")).hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> Json.of(new Object())).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void readsNumbersExactly() {
        assertThat(Json.parse("9223372036854775807").asLong()).isEqualTo(Long.MAX_VALUE);
        assertThat(Json.parse("1e3").asLong()).isEqualTo(1_000);
        assertThat(Json.parse("9223372036854775808").toString()).isEqualTo("9223372036854775808");
        assertThatThrownBy(() -> Json.parse("9223372036854775808").asLong()).isInstanceOf(NoSuchElementException.class);
        // Its expansion has a thousand million digits.
        assertThatThrownBy(() -> Json.parse("1e999999999").asLong()).isInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(() -> Json.parse("1.5").asLong()).isInstanceOf(NoSuchElementException.class);
    }

    @Test
    void whatIsMissingIsSafeToAskForAndThrowsWhenItIsRead() {
        Json json = Json.parse("{\"a\": {\"b\": null}}");

        assertThat(json.get("a").get("b").exists()).isTrue();
        assertThat(json.get("x").get("y").get(3).exists()).isFalse();
        assertThat(json.get("x").get("y").text()).isEmpty();
        assertThatThrownBy(() -> json.get("x").asText()).isInstanceOf(NoSuchElementException.class);
        assertThatThrownBy(() -> json.get("a").asBoolean()).isInstanceOf(NoSuchElementException.class);
    }
}
