package dev.latchkey.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A test that cannot fail proves nothing: what can be decided by reading is decided here, for the tests of all modules. */
class TestHabitsTest {
    private static final String WAITING = "dev/latchkey/server/waiting/Awaiting.java";
    /** Who lets time pass, and what for. */
    private static final Map<String, String> PASSES_TIME = Map.of(
            "DamagedRowsTest", "what is cached for five seconds is read again",
            "WhileTablesAreLockedTest", "nothing ends for longer than one try",
            "StalledDatabaseTest", "the database stalls for so long",
            "SlowClientsTest", "a slow server and a slow client",
            "TokenVendor", "a slow vendor",
            "RestartablePostgres", "how much a standby lacks",
            "Run", "how long a fault lasts",
            "Store", "how long a lock is held");

    private static final Pattern STATUS = Pattern.compile("[sS]tatus(Code)?\\b");
    private static final Pattern RANGE = Pattern.compile(
            "\\.(isBetween|isGreaterThan|isGreaterThanOrEqualTo|isLessThan|isLessThanOrEqualTo|isIn|isNotIn|isNotEqualTo)\\(\\s*[1-5]\\d\\d\\b");
    private static final Pattern OF_ALL = Pattern.compile("\\.(allSatisfy|allMatch|noneMatch|noneSatisfy)\\(");
    private static final Pattern NOT_EMPTY =
            Pattern.compile("\\.(isNotEmpty|hasSize\\w*|contains\\w*|startsWith|isEqualTo|anyMatch|anySatisfy)\\(");
    private static final Pattern OBSERVED =
            Pattern.compile("\\b(statusCode|status|body|headers|firstValue)\\(\\)|\\.find\\(\\)|\\.matches\\(\\)");

    private static final Map<Path, String> SOURCES = new TreeMap<>();

    @BeforeAll
    static void read() throws IOException {
        for (String module : Modules.all()) {
            Path tests = Path.of("..", module, "src", "test", "java");
            // One runs those of another.
            try (Stream<Path> files = Files.isDirectory(tests) ? Files.walk(tests) : Stream.of()) {
                for (Path file :
                        files.filter(path -> path.toString().endsWith(".java")).toList()) {
                    SOURCES.put(file, withoutComments(Files.readString(file)));
                }
            }
        }
        assertThat(SOURCES).hasSizeGreaterThan(250);
    }

    @Test
    void nothingSleepsAndAllWaitByOneHelper() {
        Pattern sleeps = Pattern.compile(
                "\\bThread\\s*\\.\\s*sleep|\\bpark(Nanos|Until)\\b|\\bTimeUnit\\.\\w+\\.sleep|new CountDownLatch\\(1\\)\\.await|until\\(\\(\\) -> true\\)|\\borg\\.awaitility\\.Awaitility\\b");
        assertThat(found(sleeps, file -> !file.endsWith(WAITING) && !isThisTest(file)))
                .isEmpty();
    }

    @Test
    void timePassesOnlyWhereTimeIsMeant() {
        Set<String> passing = new java.util.TreeSet<>();
        SOURCES.forEach((file, source) -> {
            if (source.contains("Awaiting.pass(") && !isThisTest(file)) {
                passing.add(name(file));
            }
        });
        assertThat(passing).containsExactlyInAnyOrderElementsOf(PASSES_TIME.keySet());
    }

    @Test
    void aStatusIsOneStatus() {
        List<String> ranges = new ArrayList<>();
        statements((file, statement) -> {
            if (STATUS.matcher(statement).find() && RANGE.matcher(statement).find()) {
                ranges.add(name(file) + ": " + statement);
            }
        });
        assertThat(ranges).isEmpty();
    }

    @Test
    void whatIsSaidOfAllMembersIsSaidOfSome() {
        List<String> vacuous = new ArrayList<>();
        statements((file, statement) -> {
            int assertion = statement.indexOf("assertThat(");
            Matcher all = OF_ALL.matcher(statement);
            if (assertion >= 0 && all.find(end(statement, assertion + "assertThat(".length()))) {
                if (!NOT_EMPTY
                        .matcher(statement.substring(assertion, all.start()))
                        .find()) {
                    vacuous.add(name(file) + ": " + statement);
                }
            }
        });
        assertThat(vacuous).isEmpty();
    }

    /** What a test asserts depends on what it did, and not on what came of it. */
    @Test
    void noAssertionRunsOnlyIfTheResponseIsAsHoped() {
        List<String> guarded = new ArrayList<>();
        SOURCES.forEach((file, source) -> {
            Matcher guard = Pattern.compile("\\bif \\(").matcher(source);
            while (guard.find()) {
                int closed = end(source, guard.end());
                String condition = source.substring(guard.end(), closed - 1);
                int open = source.indexOf('{', closed);
                if (OBSERVED.matcher(condition).find()
                        && open >= 0
                        && source.substring(closed, open).isBlank()) {
                    String body = source.substring(open, end(source, open + 1));
                    if (body.contains("assertThat(") && !isThisTest(file)) {
                        guarded.add(name(file) + ": if (" + condition + ") " + body);
                    }
                }
            }
        });
        assertThat(guarded).isEmpty();
    }

    /** An exception that does not come is a failure: {@code assertThatThrownBy} says so. */
    @Test
    void noAssertionIsInACatchThatMayNotBeReached() {
        List<String> caught = new ArrayList<>();
        SOURCES.forEach((file, source) -> {
            Matcher clause = Pattern.compile("\\} catch \\([^)]*\\) \\{").matcher(source);
            while (clause.find()) {
                String body = source.substring(clause.end(), end(source, clause.end()));
                if (body.contains("assertThat(") && !isThisTest(file)) {
                    caught.add(name(file) + ": " + clause.group() + body);
                }
            }
        });
        assertThat(caught).isEmpty();
    }

    /** A list by hand lacks what is added later. */
    @Test
    void aTestOfEveryRouteOrActionTakesItsListFromTheServer() throws IOException {
        Pattern claim = Pattern.compile(
                "/\\*\\*(?:(?!\\*/)[\\s\\S])*?\\b[Ee]very (declared )?(route|action|entrance|page of the dashboard)\\b(?:(?!\\*/)[\\s\\S])*?\\*/\\s*(@\\w+(\\([^)]*\\))?\\s+)*(public |final )*class ");
        Pattern generated = Pattern.compile("\\.(routes|entrances|dashboardRoutes|dashboardActions)\\(\\)");
        List<String> byHand = new ArrayList<>();
        List<String> claiming = new ArrayList<>();
        for (Path file : SOURCES.keySet()) {
            if (claim.matcher(Files.readString(file)).find()) {
                claiming.add(name(file));
                byHand.addAll(
                        generated.matcher(SOURCES.getOrDefault(file, "")).find() ? List.of() : List.of(name(file)));
            }
        }
        assertThat(byHand).isEmpty();
        assertThat(claiming).hasSizeGreaterThan(8);
    }

    /** A new route or page is tried by its recipe in CONTRIBUTING.md, which runs these tests by their tags. */
    @Test
    void aTestThatTakesItsListFromTheServerHasTheTagThatTheRecipesRun() throws IOException {
        Map<String, Pattern> tags = Map.of(
                "routes", Pattern.compile("\\.(routes|entrances)\\(\\)"),
                "pages", Pattern.compile("\\.(dashboardRoutes|dashboardActions)\\(\\)"));
        String recipes = Files.readString(Path.of("../CONTRIBUTING.md"));
        for (Map.Entry<String, Pattern> tag : tags.entrySet()) {
            List<String> reading = new ArrayList<>();
            List<String> tagged = new ArrayList<>();
            for (Path file : SOURCES.keySet()) {
                if (name(file).endsWith("Test")
                        && tag.getValue()
                                .matcher(SOURCES.getOrDefault(file, ""))
                                .find()) {
                    reading.add(name(file));
                }
                if (Files.readString(file).contains("\n@Tag(\"" + tag.getKey() + "\")\n")) {
                    tagged.add(name(file));
                }
            }
            assertThat(tagged)
                    .as("@Tag(\"" + tag.getKey() + "\") is on each class of tests that takes its list from the server")
                    .containsExactlyInAnyOrderElementsOf(reading)
                    .hasSizeGreaterThan(7);
            assertThat(recipes).contains("-Dgroups=" + tag.getKey());
        }
    }

    private static boolean isThisTest(Path file) {
        return name(file).equals("TestHabitsTest");
    }

    private static String name(Path file) {
        return file.getFileName().toString().replace(".java", "");
    }

    private static List<String> found(Pattern pattern, java.util.function.Predicate<Path> where) {
        List<String> found = new ArrayList<>();
        SOURCES.forEach((file, source) -> {
            if (where.test(file)) {
                pattern.matcher(source)
                        .results()
                        .map(MatchResult::group)
                        .forEach(text -> found.add(name(file) + ": " + text));
            }
        });
        return found;
    }

    /** From {@code assertThat} to the end of its statement, with what is nested in it. */
    private static void statements(java.util.function.BiConsumer<Path, String> each) {
        SOURCES.forEach((file, source) -> {
            Matcher start = Pattern.compile("\\bassertThat\\(").matcher(source);
            while (start.find() && !isThisTest(file)) {
                each.accept(file, source.substring(start.start(), statementEnd(source, start.end())));
            }
        });
    }

    /** The chain of calls after an opened parenthesis. */
    private static int statementEnd(String source, int opened) {
        int at = end(source, opened);
        while (true) {
            Matcher next = Pattern.compile("\\s*\\.\\w+\\(").matcher(source).region(at, source.length());
            if (!next.lookingAt()) {
                return at;
            }
            at = end(source, next.end());
        }
    }

    /** @return after the bracket that closes the one before {@code opened} */
    private static int end(String source, int opened) {
        int depth = 1;
        int at = opened;
        while (depth > 0 && at < source.length()) {
            char one = source.charAt(at++);
            depth += one == '(' || one == '{' ? 1 : one == ')' || one == '}' ? -1 : 0;
        }
        return at;
    }

    /** Texts and comments are emptied: what they say is no code. */
    private static String withoutComments(String source) {
        return Pattern.compile(
                        "\"\"\"[\\s\\S]*?\"\"\"|\"(?:[^\"\\\\\\n]++|\\\\.)*+\"|'(?:[^'\\\\\\n]|\\\\.[0-7]*)'|/\\*[\\s\\S]*?\\*/|//[^\\n]*")
                .matcher(source)
                .replaceAll(match -> match.group().startsWith("/") ? "" : "\"\"");
    }
}
