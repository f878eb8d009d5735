package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Every link of every page leads to a file and a heading that exist, every page is on the map, and no page is a dead end. */
class DocumentationMapTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path MAP = ROOT.resolve("docs/README.md");
    private static final Pattern LINK = Pattern.compile("(?<!\\\\)\\]\\(<?([^)\\s>]+)>?\\)|\\bsrc=\"([^\"]+)\"");
    private static final Pattern CODE = Pattern.compile("(?ms)^```.*?^```$|<!--.*?-->|`[^`\\n]*`");

    private static final Map<Path, String> PAGES = new LinkedHashMap<>();

    @BeforeAll
    static void read() throws IOException {
        try (Stream<Path> files = Files.walk(ROOT.resolve("docs"))) {
            List<Path> found = Stream.concat(
                            Stream.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "bench/README.md")
                                    .map(ROOT::resolve),
                            files.filter(file -> file.toString().endsWith(".md"))
                                    .sorted())
                    .toList();
            for (Path file : found) {
                PAGES.put(file, Files.readString(file));
            }
        }
    }

    @Test
    void everyLinkLeadsSomewhere() throws IOException {
        List<String> broken = new ArrayList<>();
        int checked = 0;
        for (Map.Entry<Path, String> page : PAGES.entrySet()) {
            for (String link : links(page.getValue())) {
                if (link.matches("[a-z]+:.*")) {
                    continue;
                }
                checked++;
                String[] parts = link.split("#", 2);
                Path target = parts[0].isEmpty()
                        ? page.getKey()
                        : page.getKey().resolveSibling(parts[0]).normalize();
                if (!Files.exists(target)) {
                    broken.add(ROOT.relativize(page.getKey()) + ": " + link + " is not there");
                } else if (parts.length == 2
                        && target.toString().endsWith(".md")
                        && !headings(PAGES.containsKey(target) ? PAGES.get(target) : Files.readString(target))
                                .contains(parts[1])) {
                    broken.add(ROOT.relativize(page.getKey()) + ": " + link + " has no such heading");
                }
            }
        }

        assertThat(broken).isEmpty();
        assertThat(checked).isGreaterThan(300);
    }

    /** Pages of providers are on the index of providers, which is on the map; decisions are on theirs. */
    @Test
    void everyPageIsOnTheMap() {
        Set<Path> mapped = new TreeSet<>();
        String map = PAGES.getOrDefault(MAP, "");
        links(map)
                .forEach(link ->
                        mapped.add(MAP.resolveSibling(link.split("#", 2)[0]).normalize()));

        assertThat(PAGES.keySet().stream()
                        .filter(page -> !page.equals(MAP))
                        .filter(page -> !page.startsWith(ROOT.resolve("docs/providers"))
                                || page.endsWith("README.md")
                                || page.endsWith("changelog.md"))
                        .filter(page -> !mapped.contains(page))
                        .map(page -> ROOT.relativize(page).toString())
                        .toList())
                .isEmpty();
    }

    /** Generated references, decisions and the project's own pages apart. */
    @Test
    void everyGuideEndsWithNextSteps() {
        assertThat(PAGES.entrySet().stream()
                        .filter(page ->
                                ROOT.resolve("docs").equals(page.getKey().getParent())
                                        || ROOT.resolve("docs/start")
                                                .equals(page.getKey().getParent()))
                        .filter(page -> !page.getKey().equals(MAP))
                        .filter(page -> {
                            String text = page.getValue();
                            int last = text.lastIndexOf("\n## ");
                            return last < 0
                                    || !text.substring(last).startsWith("\n## Next steps\n")
                                    || links(text.substring(last)).isEmpty();
                        })
                        .map(page -> ROOT.relativize(page.getKey()).toString())
                        .toList())
                .isEmpty();
    }

    /** One set of variables: no page uses another name, and a page that uses these says where they are set. */
    @Test
    void everyPageUsesTheSameVariables() {
        Pattern other = Pattern.compile("\\$\\{?(HOST|KEY|SECRET_KEY|LATCHKEY_HOST|LATCHKEY_SECRET_KEY)\\b");
        List<String> problems = new ArrayList<>();
        PAGES.forEach((page, text) -> {
            other.matcher(text)
                    .results()
                    .forEach(found -> problems.add(ROOT.relativize(page) + " uses " + found.group()));
            boolean uses = Pattern.compile("(?m)^[^<\\n]*\\$NANGO_(HOST|SECRET_KEY)")
                    .matcher(text.replaceAll("(?s)<!--.*?-->", ""))
                    .find();
            if (uses
                    && !text.contains("export NANGO_HOST=")
                    && !text.contains("first-integration.md#1-start-latchkey")) {
                problems.add(ROOT.relativize(page) + " does not say where NANGO_HOST and NANGO_SECRET_KEY are set");
            }
        });

        assertThat(problems).isEmpty();
    }

    private static List<String> links(String text) {
        return LINK.matcher(CODE.matcher(text).replaceAll(""))
                .results()
                .map(found -> found.group(1) != null ? found.group(1) : found.group(2))
                .toList();
    }

    /** As GitHub makes them. */
    private static Set<String> headings(String text) {
        Set<String> anchors = new TreeSet<>();
        for (String line : text.replaceAll("(?ms)^```.*?^```$", "").lines().toList()) {
            if (line.matches("#{1,6} .*")) {
                String anchor = line.replaceFirst("#+ ", "")
                        .replaceAll("\\[([^\\]]*)\\]\\([^)]*\\)", "$1")
                        .toLowerCase(Locale.ROOT)
                        .codePoints()
                        .filter(c -> Character.isLetterOrDigit(c) || c == ' ' || c == '-' || c == '_')
                        .mapToObj(Character::toString)
                        .collect(Collectors.joining())
                        .replace(' ', '-');
                String one = anchor;
                for (int more = 1; !anchors.add(one); more++) {
                    one = anchor + "-" + more;
                }
            }
        }
        return anchors;
    }
}
