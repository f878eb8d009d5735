package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.Modules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Messages in the code. */
class MessagesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern TEXT_BLOCK = Pattern.compile("(?s)\"\"\".*?\"\"\"");
    private static final Pattern LITERAL = Pattern.compile("\"((?:[^\"\\\\\n]|\\\\.)*)\"");
    /** Between words, before the first, which follows a name, or after a colon that precedes a reason. */
    private static final Pattern TWO_BLANKS = Pattern.compile("[\\w.,:;)'] {2,}[\\w('{]|^ {2,}[a-z(]|[.,:;] {2,}$");

    @Test
    void noMessageHasTwoBlanksInARow() throws IOException {
        int messages = 0;
        List<String> found = new ArrayList<>();
        for (String module : Modules.all()) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main/java"))) {
                for (Path file :
                        files.filter(it -> it.toString().endsWith(".java")).toList()) {
                    Matcher literal = LITERAL.matcher(
                            TEXT_BLOCK.matcher(Files.readString(file)).replaceAll(""));
                    while (literal.find()) {
                        messages++;
                        if (TWO_BLANKS.matcher(literal.group(1)).find()) {
                            found.add(file.getFileName() + ": " + literal.group());
                        }
                    }
                }
            }
        }

        assertThat(messages).isGreaterThan(5_000);
        assertThat(found).isEmpty();
    }
}
