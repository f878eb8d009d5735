package dev.latchkey.server.clients;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What docs/quick-start.md tells a newcomer to type is typed here, in order, as it stands there. */
class QuickStartTest {
    private static final Path PAGE = Path.of("..", "docs", "quick-start.md");
    private static final Pattern BLOCK = Pattern.compile("```(sh|ts|python)\n(.*?)```", Pattern.DOTALL);

    private record Snippet(String language, String text) {
        List<String> command() {
            return switch (language) {
                case "sh" -> List.of("bash", "-euo", "pipefail", "-c", text);
                case "ts" -> List.of("node", "--input-type=module", "-e", text);
                case "python" -> List.of("python3", "-c", text);
                default -> throw new IllegalStateException(language);
            };
        }
    }

    @Test
    void everyCommandAndProgramOfTheQuickStartRuns() throws Exception {
        List<Snippet> snippets = snippets();
        assertThat(snippets.stream().map(Snippet::language)).contains("sh", "ts", "python");
        try (Latchkey latchkey = Latchkey.start()) {
            for (Snippet snippet : snippets) {
                String printed = run(snippet, latchkey);
                if (!snippet.language().equals("sh")) {
                    assertThat(printed).contains("/connect/?session_token=nango_connect_session_", "OAUTH2");
                }
            }
            assertThat(latchkey.call("GET", "/connections/user-42?provider_config_key=github", "", 200)
                            .at("/credentials/access_token")
                            .asString())
                    .isEqualTo("an-access-token");
        }
    }

    private static List<Snippet> snippets() throws IOException {
        return BLOCK.matcher(Files.readString(PAGE))
                .results()
                .map((MatchResult match) -> new Snippet(match.group(1), match.group(2)))
                .toList();
    }

    private static String run(Snippet snippet, Latchkey latchkey) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(snippet.command()).redirectErrorStream(true);
        builder.environment().put("HOST", latchkey.address.toString());
        builder.environment().put("KEY", latchkey.key);
        Process process = builder.start();
        String printed = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as("%s printed %s", snippet.text(), printed)
                .isZero();
        return printed;
    }
}
