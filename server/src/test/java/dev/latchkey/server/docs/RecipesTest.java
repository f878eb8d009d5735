package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.Modules;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** What the recipes of CONTRIBUTING.md name exists: a class, a member, a file, a group of tests. Names with {@code <...>} are to be written. */
class RecipesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");
    private static final Pattern TO_BE_WRITTEN = Pattern.compile("\\S*<[^>]*>\\S*");
    private static final Pattern NAMED =
            Pattern.compile("(?<![\\w.<\"-])(?:([a-z][a-z.]*)/)?([A-Z][a-z]\\w*)(?:\\.([A-Za-z]\\w*))?(?![\\w/<-])");
    private static final Pattern FILE = Pattern.compile("(?<![\\w/.:-])([\\w./-]+\\.(?:md|yaml|xml|java|json))\\b");
    private static final Pattern GROUP = Pattern.compile("-Dgroups=(\\w+)");

    private static final Pattern DECLARATION =
            Pattern.compile("\\b(?:(?:class|record|interface|enum) |import dev\\.latchkey\\.[\\w.]*\\.)([A-Z]\\w*)");

    private static final Map<Path, String> FILES = new TreeMap<>();
    private static final Map<String, Set<Path>> DECLARING = new TreeMap<>();
    private static final List<String> CODES = new ArrayList<>();

    @BeforeAll
    static void read() throws IOException {
        for (String module : Modules.all()) {
            for (String sources : List.of("src/main", "src/test/java")) {
                Path folder = ROOT.resolve(module).resolve(sources);
                try (Stream<Path> files = Files.isDirectory(folder) ? Files.walk(folder) : Stream.of()) {
                    for (Path file : files.filter(Files::isRegularFile).toList()) {
                        FILES.put(ROOT.relativize(file), isJava(file) ? Files.readString(file) : "");
                    }
                }
            }
        }
        FILES.forEach((file, source) -> DECLARATION
                .matcher(source)
                .results()
                .forEach(match -> DECLARING
                        .computeIfAbsent(match.group(1), name -> new TreeSet<>())
                        .add(file)));
        String text = Files.readString(ROOT.resolve("CONTRIBUTING.md"));
        String recipes = text.substring(text.indexOf("\n## Recipes\n"), text.indexOf("\n## Words\n"));
        CODE.matcher(recipes)
                .results()
                .map(match -> TO_BE_WRITTEN.matcher(match.group(1)).replaceAll(""))
                .forEach(CODES::add);
    }

    private static boolean isJava(Path file) {
        return file.toString().endsWith(".java");
    }

    private static Stream<MatchResult> found(Pattern pattern) {
        return CODES.stream().flatMap(code -> pattern.matcher(code).results());
    }

    /** The sources of classes of a name, or those that use one which the build generates. */
    private static Map<Path, String> declaring(String name) {
        Map<Path, String> found = new TreeMap<>(FILES);
        found.keySet().retainAll(DECLARING.getOrDefault(name, Set.of()));
        return found;
    }

    @Test
    void everyClassAndMemberExists() {
        Set<String> missing = new TreeSet<>();
        Set<String> checked = new TreeSet<>();
        found(NAMED).forEach(match -> {
            String folder = match.group(1);
            String name = match.group(2);
            String member = match.group(3);
            Map<Path, String> sources = declaring(name);
            if (folder != null) {
                sources.keySet().removeIf(file -> !file.endsWith(folder + "/" + name + ".java"));
            }
            if (member != null && !member.matches("java|md|yaml")) {
                Pattern whole = Pattern.compile("\\b" + member + "\\b");
                sources.values().removeIf(source -> !whole.matcher(source).find());
            }
            checked.add(match.group());
            if (sources.isEmpty()) {
                missing.add(match.group());
            }
        });

        assertThat(missing).as("in CONTRIBUTING.md and not in the sources").isEmpty();
        assertThat(checked).hasSizeGreaterThan(40);
    }

    @Test
    void everyFileExists() {
        List<String> missing = found(FILE)
                .map(match -> match.group(1))
                .filter(named -> !Files.exists(ROOT.resolve(named)))
                .filter(named -> FILES.keySet().stream()
                        .noneMatch(file -> ("/" + file)
                                .matches(".*/" + Pattern.quote(named).replace("...", "\\E.*\\Q"))))
                .toList();

        assertThat(missing).as("in CONTRIBUTING.md and not a file").isEmpty();
        assertThat(found(FILE).count()).isGreaterThan(5);
    }

    @Test
    void everyGroupOfTestsHasTests() {
        Set<String> groups = found(GROUP).map(match -> match.group(1)).collect(Collectors.toCollection(TreeSet::new));

        assertThat(groups)
                .isNotEmpty()
                .allSatisfy(group -> assertThat(FILES.values())
                        .as("-Dgroups=" + group)
                        .anyMatch(source -> source.contains("\n@Tag(\"" + group + "\")\n")));
    }
}
