package dev.latchkey.server.connectui;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Connect UI also runs from right to left: its style sheets say start and end, not left and right. */
class StyleSheetsTest {
    private static final Pattern SIDES = Pattern.compile(
            "[{;\\s](?:(?:margin|padding|border)-(?:left|right)[a-z-]*|left|right)\\s*:[^;}]*|text-align:\\s*(?:left|right)|float:\\s*(?:left|right)");
    private static final Pattern FOUR =
            Pattern.compile("(?:margin|padding|inset):\\s*([^\\s;(]+) ([^\\s;(]+) ([^\\s;(]+) ([^\\s;(]+)(?=[;}\\s])");

    private static List<String> sides(String css) {
        return Stream.concat(
                        SIDES.matcher(css).results().map(MatchResult::group),
                        FOUR.matcher(css)
                                .results()
                                .filter(found -> !found.group(2).equals(found.group(4)))
                                .map(MatchResult::group))
                .map(String::strip)
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"base.css", "connect.css"})
    void noRuleNamesASide(String file) throws IOException {
        assertThat(sides(Files.readString(Path.of("src/main/resources/web/" + file))))
                .as(file + ": use margin-inline-start, inset-inline-end, text-align: start ...")
                .isEmpty();
    }

    @Test
    void sidesAreFound() {
        assertThat(sides("a { margin-left: 1px; right:0 } b{padding: 1px 2px 3px 4px; text-align: left}"))
                .hasSize(4);
        assertThat(
                        sides(
                                "a { margin: 1px 2px 3px 2px; margin-inline-start: 1px; object-position: left; text-align: start }"))
                .isEmpty();
    }
}
