package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.Modules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Words that CONTRIBUTING.md ("Words") has better ones for, in pages and in what the product says. */
class WordsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern AVOIDED = Pattern.compile(
            "(?i)\\b(mend(s|ed|ing)?|anew|meanwhile|whoever|nobody|somebody|everybody|hears? of|(is|are|was|were|be) told|absolved|(is|are|was|were) bought|of ours)\\b");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```$|<!--.*?-->|`[^`\\n]*`");
    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|(?m)//.*$");
    private static final Pattern LITERAL = Pattern.compile("(?s)\"\"\".*?\"\"\"|\"(?:[^\"\\\\\n]|\\\\.)*\"");

    @Test
    void pagesUseTheHousesWords() throws IOException {
        List<String> found = new ArrayList<>();
        List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md"), ROOT.resolve("SECURITY.md")));
        for (String folder : List.of("docs", "docs/start", "docs/reference")) {
            try (Stream<Path> files = Files.list(ROOT.resolve(folder))) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
            }
        }
        for (Path page : pages) {
            collect(page, CODE.matcher(Files.readString(page)).replaceAll(""), found);
        }

        assertThat(pages).hasSizeGreaterThan(25);
        assertThat(found).isEmpty();
    }

    @Test
    void messagesUseTheHousesWords() throws IOException {
        List<String> found = new ArrayList<>();
        for (String module : Modules.all()) {
            try (Stream<Path> files = Files.walk(ROOT.resolve(module).resolve("src/main"))) {
                for (Path file : files.filter(Files::isRegularFile).toList()) {
                    String name = file.getFileName().toString();
                    if (name.endsWith(".java")) {
                        String code = COMMENT.matcher(Files.readString(file)).replaceAll("");
                        LITERAL.matcher(code).results().forEach(literal -> collect(file, literal.group(), found));
                    } else if (name.equals("openapi.yaml") || name.equals("en.properties")) {
                        collect(file, Files.readString(file), found);
                    }
                }
            }
        }

        assertThat(found).isEmpty();
    }

    private static void collect(Path file, String text, List<String> found) {
        text.lines()
                .filter(line -> AVOIDED.matcher(line).find())
                .forEach(line -> found.add(ROOT.relativize(file) + ": " + line.strip()));
    }
}
