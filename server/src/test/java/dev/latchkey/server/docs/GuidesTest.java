package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Every block of code in the guides: commands, JavaScript and Python are run, Java is compiled against the client, definitions are
 * read by the strict loader, JSON is held against a real answer, and what the text names is there. See {@link Page}.
 */
class GuidesTest {
    /** The proxies' configurations are run by BehindProxiesTest. */
    private static final Set<String> LANGUAGES =
            Set.of("sh", "js", "ts", "python", "java", "json", "yaml", "mermaid", "nginx", "haproxy", "caddy");
    /** Pictures, output, a settings file, what only a browser can run, and what a cloud's own tools set up. */
    private static final int MOST_NOT_RUN = 15;

    private static final Pattern RUN_ELSEWHERE = Pattern.compile("\\w+Test\\b|module tests");
    /** The reason why a block is not run here: its module tests that file. */
    private static final Pattern NAMED_TEST = Pattern.compile("\\b[A-Z]\\w+Test\\b");

    private static final Pattern FILE = Pattern.compile("it is (\\S+\\.(?:java|properties)), .*");

    private static final YAMLMapper YAML = new YAMLMapper();
    private static Stage stage;

    @TempDir
    private Path folder;

    @BeforeAll
    static void start() throws IOException {
        stage = new Stage();
    }

    @AfterAll
    static void stop() {
        stage.close();
    }

    static Stream<Page> pages() {
        return Page.all().stream()
                .filter(page -> page.blocks().stream()
                        .anyMatch(block -> block.isRun()
                                && Set.of("sh", "js", "ts", "python", "json").contains(block.language())));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void theCommandsOfAPageRunInItsOrder(Page page) throws Exception {
        stage.clear();

        new Script(page, stage, folder).run();
    }

    @Test
    void everyBlockSaysItsLanguageAndFewAreNotRunForAReason() throws IOException {
        List<String> problems = new ArrayList<>();
        int notRun = 0;
        for (Page page : Page.all()) {
            for (Page.Block block : page.blocks()) {
                if (!block.isRun()) {
                    notRun += file(block).isPresent() || isRunByATest(block) ? 0 : 1;
                    if (block.notRun().orElse("").length() < 15) {
                        problems.add(at(page, block) + " is not run, and the reason is missing");
                    }
                } else if (!LANGUAGES.contains(block.language())) {
                    problems.add(at(page, block) + " has the language '" + block.language() + "'");
                } else if (block.language().equals("json") && block.as().isEmpty()) {
                    problems.add(at(page, block) + " says nothing of the real answer (as: ...)");
                }
            }
            long fences =
                    page.text().lines().filter(line -> line.startsWith("```")).count();
            if (fences != 2L * page.blocks().size()) {
                problems.add(page.name() + " has a fence that is not closed, or a mark that is no mark");
            }
            page.prose()
                    .lines()
                    .filter(line -> line.startsWith("    ") && !line.strip().startsWith("-"))
                    .forEach(line -> problems.add(page.name() + " has code without a fence: " + line.strip()));
        }

        assertThat(problems).isEmpty();
        assertThat(notRun).isLessThanOrEqualTo(MOST_NOT_RUN);
    }

    /** Without its package. */
    @Test
    void everyProgramIsTheFileThatItsModuleTests() throws IOException {
        int count = 0;
        for (Page page : Page.all()) {
            for (Page.Block block : page.blocks()) {
                Optional<Path> file = file(block);
                if (file.isPresent()) {
                    count++;
                    assertThat(block.code())
                            .as(at(page, block))
                            .isEqualTo(Files.readString(file.get()).replaceFirst("^package .*;\\n\\n", ""));
                }
            }
        }

        assertThat(count).isPositive();
    }

    /** A test that the reason names does what the block says. */
    private static boolean isRunByATest(Page.Block block) throws IOException {
        Set<String> named = NAMED_TEST
                .matcher(block.notRun().orElse(""))
                .results()
                .map(result -> result.group() + ".java")
                .collect(Collectors.toSet());
        try (Stream<Path> files = Files.walk(Path.of("src/test/java"))) {
            return files.anyMatch(file -> named.contains(file.getFileName().toString()));
        }
    }

    private static Optional<Path> file(Page.Block block) {
        return block.notRun().map(FILE::matcher).filter(Matcher::matches).map(match -> Path.of("..", match.group(1)));
    }

    @Test
    void everyJavaBlockCompilesAgainstTheClient() {
        StringBuilder source = new StringBuilder("""
                import dev.latchkey.client.*;
                import java.net.URI;
                import java.util.*;
                """);
        int count = 0;
        for (Page page : Page.all()) {
            for (Page.Block block : page.blocks()) {
                if (block.language().equals("java") && block.isRun()) {
                    source.append("class Block" + ++count + " {\n" + block.given() + "\nvoid run() throws Exception {\n"
                            + block.code() + "\n}\n}\n");
                }
            }
        }

        assertThat(count).isPositive();
        assertThat(compile(source.toString())).isEmpty();
    }

    @Test
    void everyDefinitionIsReadByTheStrictLoader() throws IOException {
        int count = 0;
        for (Page page : Page.all()) {
            for (Page.Block block : page.blocks()) {
                if (block.language().equals("yaml") && block.isRun()) {
                    ObjectNode definition =
                            (ObjectNode) YAML.readTree(block.given().isEmpty() ? "{}" : block.given());
                    lay(definition, (ObjectNode) YAML.readTree(block.code()));
                    definition.put("id", "guide-" + ++count).put("name", "Guide " + count);
                    Files.writeString(
                            folder.resolve("guide-" + count + ".yaml"),
                            "# " + at(page, block) + "\n" + YAML.writeValueAsString(definition));
                }
            }
        }
        Catalogue catalogue = Catalogue.load(folder);

        assertThat(count).isGreaterThan(4);
        assertThat(catalogue.find("guide-" + count)).isPresent();
    }

    @Test
    void everyDiagramIsOneAndNamesItsParticipants() {
        AtomicInteger arrows = new AtomicInteger();
        Pattern arrow = Pattern.compile("^\\s*(\\w+)\\s*-{1,2}>>\\s*(\\w+)\\s*:");
        for (Page page : Page.all()) {
            for (Page.Block block : page.blocks()) {
                if (!block.language().equals("mermaid")) {
                    continue;
                }
                assertThat(block.code()).as(at(page, block)).matches("(?s)(sequenceDiagram|stateDiagram-v2)\\n.*");
                Set<String> known = new TreeSet<>();
                block.code().lines().map(String::strip).forEach(line -> {
                    if (line.startsWith("participant ")) {
                        known.add(line.split("\\s+")[1]);
                    }
                    arrow.matcher(line).results().forEach(found -> {
                        assertThat(known).as(at(page, block) + ": " + line).contains(found.group(1), found.group(2));
                        arrows.incrementAndGet();
                    });
                });
            }
        }
        assertThat(arrows).hasValueGreaterThan(30);
    }

    /** {@code `GET /connections/{id}`} in a sentence or a table. */
    @Test
    void everyRouteThatTheTextNamesIsThere() {
        Pattern route = Pattern.compile("`(GET|POST|PUT|PATCH|DELETE) (/[^\\s`?]*)");
        JsonNode declared = Json.MAPPER
                .readTree(stage.latchkey.send("GET", "/openapi.json", "").body())
                .path("paths");
        List<String> unknown = new ArrayList<>();
        for (Page page : Page.all()) {
            Matcher found = route.matcher(page.prose());
            while (found.find()) {
                String path = found.group(2);
                String method = found.group(1).toLowerCase(java.util.Locale.ROOT);
                // The lab's own are no part of the API; LabControlTest has them.
                if (!path.startsWith("/lab/")
                        && declared.properties().stream()
                                .noneMatch(one -> one.getValue().has(method) && isOne(path, one.getKey()))) {
                    unknown.add(page.name() + ": " + found.group(1) + " " + path);
                }
            }
        }

        assertThat(unknown).isEmpty();
    }

    /** {@code `./latchkey webhooks replay`} in a sentence. */
    @Test
    void everyCommandThatTheTextNamesIsThere() throws Exception {
        Pattern command = Pattern.compile("`(?:\\./)?latchkey ([a-z-]+)(?: ([a-z]+))?");
        Process help = new ProcessBuilder("../latchkey", "help").start();
        String listed = new String(help.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        List<String> unknown = new ArrayList<>();
        for (Page page : Page.all()) {
            Matcher found = command.matcher(page.prose());
            while (found.find()) {
                String second = found.group(2) == null ? "" : found.group(2);
                if (listed.lines()
                        .filter(line -> line.contains(" " + found.group(1) + " ") || line.endsWith(found.group(1)))
                        .noneMatch(line -> line.contains(second))) {
                    unknown.add(page.name() + ": latchkey " + found.group(1) + " " + second);
                }
            }
        }

        assertThat(unknown).isEmpty();
    }

    /** The list of methods in docs/nango.md, against what the interop tests call. */
    @Test
    void everyMethodOfNangosClientThatTheTextNamesIsCalledByATest() throws IOException {
        StringBuilder calls = new StringBuilder();
        try (Stream<Path> scripts = Files.list(Path.of("src/test/npm"))) {
            for (Path script :
                    scripts.filter(one -> one.toString().endsWith(".mjs")).toList()) {
                calls.append(Files.readString(script));
            }
        }
        String guide = Page.read(Path.of("../docs/nango.md")).prose();
        String table = guide.substring(guide.indexOf("| method |"), guide.indexOf("## `@nangohq/frontend`"));
        List<String> methods = Pattern.compile("(?m)^\\| `(\\w+)`")
                .matcher(table)
                .results()
                .map(match -> match.group(1))
                .toList();

        assertThat(methods).hasSizeGreaterThan(25);
        assertThat(methods)
                .isNotEmpty()
                .allMatch(method ->
                        calls.indexOf("nango." + method + "(") >= 0 || calls.indexOf(" " + method + ":") >= 0);
    }

    private static boolean isOne(String path, String declared) {
        String[] steps = path.split("/");
        String[] names = declared.split("/");
        return steps.length == names.length
                && java.util.stream.IntStream.range(0, steps.length)
                        .allMatch(i -> names[i].startsWith("{") || names[i].equals(steps[i]));
    }

    private static String at(Page page, Page.Block block) {
        return page.name() + ":" + block.line();
    }

    private static void lay(ObjectNode under, ObjectNode over) {
        over.properties().forEach(member -> {
            JsonNode there = under.get(member.getKey());
            if (there instanceof ObjectNode below && member.getValue() instanceof ObjectNode above) {
                lay(below, above);
            } else {
                under.set(member.getKey(), member.getValue());
            }
        });
    }

    private List<String> compile(String source) {
        DiagnosticCollector<JavaFileObject> problems = new DiagnosticCollector<>();
        JavaFileObject file =
                new SimpleJavaFileObject(URI.create("string:///Blocks.java"), JavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        ToolProvider.getSystemJavaCompiler()
                .getTask(
                        new StringWriter(),
                        null,
                        problems,
                        List.of("-proc:none", "-d", folder.toString(), "-cp", System.getProperty("java.class.path")),
                        null,
                        List.of(file))
                .call();
        return problems.getDiagnostics().stream()
                .filter(one -> one.getKind() == Diagnostic.Kind.ERROR)
                .map(Object::toString)
                .toList();
    }
}
