package dev.latchkey.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import dev.latchkey.catalogue.Catalogue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;

/** What {@link ArchitectureTest} cannot see in classes: the sizes of files and methods, and the tables that SQL names. */
class HouseRulesTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/latchkey/server");
    private static final Path MIGRATIONS = Path.of("src/main/resources/db/migration");
    private static final int LONGEST_FILE = 350;
    private static final int LONGEST_METHOD = 60;

    /** Files that are one subject, as the Javadoc of each explains. The list only gets shorter. */
    private static final Set<String> LONG_FILES = Set.of("connections/Credentials.java");

    /** Where a table's name is put into SQL, each with the reason. The list only gets shorter. */
    private static final Map<String, String> TABLES_BY_NAME =
            Map.of("storage/PartitionedTable.java", "partitions of any table");

    /**
     * Files outside of {@code kinds} that name a kind as the API does, each with the reason, beside the forms of the credentials in
     * {@code connections}. The list only gets shorter.
     */
    private static final Map<String, String> KINDS_BY_NAME = Map.of(
            "api/FlatImports.java", "the members of Nango's older import, by kind",
            "connections/DatastoreJson.java", "what two forms share",
            "tokens/Assertions.java", "the typ of a JWT (RFC 7519 section 5.1) is no kind");

    @Test
    void filesHaveAtMost350LinesOrSayWhyTheyAreLonger() {
        Set<String> found = sources()
                .filter(file -> lines(file).size() > LONGEST_FILE)
                .map(HouseRulesTest::name)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(found).isSubsetOf(LONG_FILES);
    }

    @Test
    void methodsHaveAtMost60Lines() throws IOException {
        List<String> found = new ArrayList<>();
        AtomicInteger scanned = new AtomicInteger();
        try (StandardJavaFileManager files =
                ToolProvider.getSystemJavaCompiler().getStandardFileManager(null, null, null)) {
            JavacTask task = (JavacTask) ToolProvider.getSystemJavaCompiler()
                    .getTask(
                            null,
                            files,
                            null,
                            null,
                            null,
                            files.getJavaFileObjectsFromPaths(sources().toList()));
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                LineMap map = unit.getLineMap();
                new TreePathScanner<Void, Void>() {
                    @Override
                    public Void visitMethod(MethodTree method, Void unused) {
                        scanned.incrementAndGet();
                        long end = positions.getEndPosition(unit, method);
                        long first = positions.getStartPosition(unit, method);
                        // A generated constructor has no end.
                        if (end > 0 && map.getLineNumber(end) - map.getLineNumber(first) > LONGEST_METHOD) {
                            found.add(unit.getSourceFile().getName() + " " + method.getName());
                        }
                        return super.visitMethod(method, unused);
                    }
                }.scan(unit, null);
            }
        }

        assertThat(scanned).hasValueGreaterThan(1_000);
        assertThat(found).isEmpty();
    }

    @Test
    void theSqlOfATableIsInOnePackage() {
        Set<String> tables = tables();
        assertThat(tables).contains("connections", "integrations", "environments");
        Pattern named = Pattern.compile("\\b(?:FROM|INTO|UPDATE|JOIN)\\s+(\\w+)\\b");
        Map<String, Set<String>> packages = new TreeMap<>();
        sources()
                .forEach(file -> named.matcher(text(file))
                        .results()
                        .map(result -> result.group(1))
                        .filter(tables::contains)
                        .forEach(table -> packages.computeIfAbsent(table, name -> new TreeSet<>())
                                .add(packageOf(file))));

        Map<String, Set<String>> shared = new HashMap<>(packages);
        shared.values().removeIf(owners -> owners.size() == 1);

        assertThat(shared).isEmpty();
        assertThat(packages.keySet()).as("each table is used").containsAll(tables);
    }

    @Test
    void tablesAreNamedByParameterInFewPlaces() {
        Pattern parameter = Pattern.compile("\\b(?:FROM|INTO|UPDATE|JOIN) \"\\s*\\+\\s*[a-z]");

        Set<String> found = sources()
                .filter(file -> parameter.matcher(text(file)).find())
                .map(HouseRulesTest::name)
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(found).isSubsetOf(TABLES_BY_NAME.keySet());
    }

    @Test
    void kindsAreNamedInTheirRoomsOnly() {
        Set<String> kinds = Catalogue.load().all().stream()
                .map(provider -> "\"" + provider.auth().facts().mode() + "\"")
                .collect(Collectors.toCollection(TreeSet::new));
        assertThat(kinds).contains("\"OAUTH2\"", "\"API_KEY\"", "\"BASIC\"", "\"APP\"", "\"CUSTOM\"");

        Set<String> found = sources()
                .filter(file -> kinds.stream().anyMatch(text(file)::contains))
                .map(HouseRulesTest::name)
                .filter(name -> !name.startsWith("kinds/") && !name.matches("connections/\\w+Form\\.java"))
                .collect(Collectors.toCollection(TreeSet::new));

        assertThat(found).isSubsetOf(KINDS_BY_NAME.keySet());
    }

    /** Of every migration, without partitions. */
    private static Set<String> tables() {
        Pattern created = Pattern.compile("(?m)^CREATE TABLE (?:IF NOT EXISTS )?(\\w+)(?! PARTITION OF)\\b");
        try (Stream<Path> files = Files.list(MIGRATIONS)) {
            return files.flatMap(file -> created.matcher(text(file)).results())
                    .map((MatchResult result) -> result.group(1))
                    .filter(table -> !table.endsWith("_default"))
                    .collect(Collectors.toCollection(LinkedHashSet::new));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Path> sources() {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            return files.filter(file -> file.toString().endsWith(".java")).sorted().toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String name(Path file) {
        return SOURCES.relativize(file).toString();
    }

    private static String packageOf(Path file) {
        String name = name(file);
        return name.substring(0, Math.max(0, name.lastIndexOf('/')));
    }

    private static List<String> lines(Path file) {
        return text(file).lines().toList();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
