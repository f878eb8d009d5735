package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** docs/security.md says for each duty which test holds it: a duty without one, or a test that is gone, fails here. */
class SecurityDutiesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern ROW = Pattern.compile("(?m)^\\| ([A-D]\\d+) \\| ([^|]+) \\| ([^|]+) \\|$");
    private static final Pattern TEST = Pattern.compile("`(\\w+)(?:#(\\w+))?`");

    /** How many there are of each letter. */
    private static final Map<String, Integer> DUTIES = Map.of("A", 19, "B", 7, "C", 8, "D", 15);

    private static Map<String, String> rows() {
        Map<String, String> rows = new LinkedHashMap<>();
        Matcher matcher = ROW.matcher(read(ROOT.resolve("docs/security.md")));
        while (matcher.find()) {
            assertThat(rows.put(matcher.group(1), matcher.group(3)))
                    .as(matcher.group(1) + " twice")
                    .isNull();
        }
        return rows;
    }

    private static Map<String, String> testSources() {
        Map<String, String> sources = new LinkedHashMap<>();
        for (String module : List.of("server", "catalogue", "lab", "client")) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/test/java"))) {
                files.filter(file -> file.toString().endsWith("Test.java"))
                        .forEach(file -> sources.merge(
                                file.getFileName().toString().replace(".java", ""), read(file), String::concat));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return sources;
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void everyDutyIsThereOnce() {
        List<String> all = new ArrayList<>();
        DUTIES.forEach((letter, count) -> IntStream.rangeClosed(1, count)
                .mapToObj(number -> letter + number)
                .forEach(all::add));

        assertThat(rows().keySet()).containsExactlyInAnyOrderElementsOf(all);
    }

    @Test
    void everyTestThatADutyNamesExistsAndRuns() {
        Map<String, String> sources = testSources();

        rows().forEach((duty, held) -> {
            Matcher matcher = TEST.matcher(held);
            int tests = 0;
            while (matcher.find()) {
                String source = sources.get(matcher.group(1));
                assertThat(source).as(duty + ": " + matcher.group(1)).isNotNull();
                assertThat(source).as(duty + ": " + matcher.group(1)).doesNotContain("@Disabled");
                if (matcher.group(2) != null) {
                    assertThat(source)
                            .as(duty + ": " + matcher.group())
                            .containsPattern("(void|Stream<DynamicTest>|ArchRule) " + matcher.group(2) + "\\b");
                }
                tests++;
            }
            assertThat(tests).as(duty + " names no test").isPositive();
        });
    }
}
