package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** docs/reference/errors.md against the places of the code that refuse something. */
class ErrorReferenceTest {
    private static final Path SOURCES = Path.of("src/main/java/dev/latchkey/server");
    private static final Path PAGE = Path.of("../docs/reference/errors.md");
    private static final Pattern REFUSAL = Pattern.compile(
            "(?:ApiError\\.(?<how>of|invalid|unauthorized|withPayload)|new (?<flow>FlowRefusedException))\\(\\s*(?:(?<status>\\d{3}),)?\\s*\"(?<code>[a-z_]+)\"");
    private static final Pattern FURTHER = Pattern.compile("\"(\\w+_fetch_error|connection_refresh_backoff)\"");
    private static final Pattern ROW =
            Pattern.compile("(?m)^\\| (`[^|]*?) \\| ([\\d, ]+) \\| ([^|]+) \\| ([^|]*) \\|$");

    private static final Map<String, Set<String>> FOUND = new TreeMap<>();
    private static final Map<String, Set<String>> SHOWN = new TreeMap<>();
    private static String code = "";

    @BeforeAll
    static void read() throws IOException {
        StringBuilder all = new StringBuilder();
        try (Stream<Path> files = Files.walk(SOURCES)) {
            for (Path file :
                    files.filter(one -> one.toString().endsWith(".java")).toList()) {
                all.append(Files.readString(file));
            }
        }
        code = all.toString();
        Matcher refusal = REFUSAL.matcher(code);
        while (refusal.find()) {
            String status = refusal.group("status") != null
                    ? refusal.group("status")
                    : "unauthorized".equals(refusal.group("how")) ? "401" : "400";
            FOUND.computeIfAbsent(refusal.group("code"), one -> new TreeSet<>()).add(status);
        }
        FURTHER.matcher(code).results().forEach(found -> FOUND.computeIfAbsent(found.group(1), one -> new TreeSet<>()));
        ROW.matcher(Files.readString(PAGE))
                .results()
                .forEach(row -> Pattern.compile("`([a-z_.]+)`")
                        .matcher(row.group(1))
                        .results()
                        .forEach(name -> SHOWN.put(
                                name.group(1),
                                new TreeSet<>(List.of(row.group(2).split(", "))))));
    }

    @Test
    void everyCodeHasItsRowWithItsStatuses() {
        Map<String, Set<String>> missing = new TreeMap<>();
        FOUND.forEach((name, statuses) -> {
            String row = name.equals("missing_") ? "missing_..." : name;
            if (!SHOWN.containsKey(row) || !SHOWN.getOrDefault(row, Set.of()).containsAll(statuses)) {
                missing.put(name, statuses);
            }
        });

        assertThat(FOUND).hasSizeGreaterThan(60);
        assertThat(missing).isEmpty();
    }

    @Test
    void noRowIsLeftOfACodeThatIsGone() {
        assertThat(SHOWN.keySet().stream()
                        .filter(name -> !name.endsWith("..."))
                        .filter(name -> !name.startsWith("unreadable_"))
                        .filter(name -> !code.contains("\"" + name + "\""))
                        .toList())
                .isEmpty();
    }
}
