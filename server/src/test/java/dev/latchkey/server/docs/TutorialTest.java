package dev.latchkey.server.docs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.client.Webhooks;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.journeys.NpmProcess;
import dev.latchkey.server.json.Json;
import java.io.BufferedReader;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/start/first-integration.md as a reader follows it: an empty folder, a shell without variables, each command and each program as it
 * is printed, and a user who opens the links that the programs print.
 */
class TutorialTest {
    private static final Path PAGE = Path.of("../docs/start/first-integration.md");
    private static final Pattern PROGRAM = Pattern.compile("(?s)save it as `([^`]+)`.*?```\\w+\\n(.*?)\\n```");
    private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w*)\\n(.*?)^```$");
    private static final Pattern TOKEN = Pattern.compile("session_token=(\\w+)");
    private static final long PATIENCE_SECONDS = 180;

    @TempDir
    private Path folder;

    @Test
    void everyProgramConnectsCallsAndReconnectsAsThePageShows() throws Exception {
        int port = Latchkey.freePort();
        try (Latchkey latchkey = Latchkey.start(Map.of("LATCHKEY_EGRESS_ALLOW", "localhost:" + port))) {
            String text = placed(Files.readString(PAGE), latchkey, port);
            List<String> programs = new ArrayList<>();
            PROGRAM.matcher(text).results().forEach(found -> programs.add(found.group(1)));
            for (MatchResult found : PROGRAM.matcher(text).results().toList()) {
                Files.writeString(folder.resolve(found.group(1)), found.group(2));
            }
            NpmProcess.install();
            // In place of `npm install @nangohq/node`.
            Files.createSymbolicLink(
                    folder.resolve("node_modules"),
                    NpmProcess.FOLDER.resolve("node_modules").toAbsolutePath());

            List<String> printed = run(commands(text), latchkey);

            List<String> each = blocks(text, "")
                    .getFirst()
                    .lines()
                    .map(TutorialTest::without)
                    .toList();
            assertThat(programs).containsExactly("connect.mjs", "connect.py", "Connect.java");
            assertThat(printed.stream()
                            .filter(line ->
                                    line.matches("(Open|Connected|Token|GitHub says|Revoked|Webhook|Reconnected).*"))
                            .map(TutorialTest::without)
                            .toList())
                    .as(String.join("\n", printed))
                    .isEqualTo(Collections.nCopies(programs.size(), each).stream()
                            .flatMap(List::stream)
                            .toList());
            Json.MAPPER
                    .readTree(blocks(text, "json").getFirst())
                    .properties()
                    .forEach(member -> assertThat(printed)
                            .anyMatch(line -> line.contains("\"" + member.getKey() + "\":" + member.getValue())));
        }
    }

    /** What a reader has in place of the page's examples. */
    private static String placed(String text, Latchkey latchkey, int port) throws Exception {
        Path client = Path.of(Webhooks.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
        return text.replace("http://localhost:3003", latchkey.address.toString())
                .replace("8f14e45f-...", latchkey.key)
                .replace("4000", Integer.toString(port))
                .replace("latchkey-client.jar", client.toString());
    }

    /** In the order of the page, without the start of the server. */
    private static String commands(String text) {
        return "set -e\n"
                + String.join(
                        "\n",
                        blocks(text, "sh").stream()
                                .filter(block -> !block.contains("./latchkey start"))
                                .toList());
    }

    private static List<String> blocks(String text, String language) {
        return BLOCK.matcher(text)
                .results()
                .filter(found -> found.group(1).equals(language))
                .map(found -> found.group(2))
                .toList();
    }

    private List<String> run(String script, Latchkey latchkey) throws Exception {
        ProcessBuilder builder = new ProcessBuilder(
                        "bash",
                        Files.writeString(folder.resolve("commands"), script).toString())
                .directory(folder.toFile())
                .redirectErrorStream(true);
        String path = Path.of(System.getProperty("java.home"), "bin") + ":"
                + builder.environment().get("PATH");
        builder.environment().clear();
        builder.environment().putAll(Map.of("PATH", path, "HOME", folder.toString()));
        Process process = builder.start();
        process.getOutputStream().close();
        CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS).execute(() -> {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        });
        List<String> printed = new ArrayList<>();
        try (BufferedReader lines = process.inputReader()) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                // A response of curl before it ends without a new line.
                int open = Math.max(line.indexOf("Open http"), 0);
                if (open > 0) {
                    printed.add(line.substring(0, open));
                }
                printed.add(line.substring(open));
                if (line.startsWith("Open ", open)) {
                    String token = TOKEN.matcher(line)
                            .results()
                            .findFirst()
                            .orElseThrow()
                            .group(1);
                    new LabUser()
                            .connect(URI.create(
                                    latchkey.address + "/oauth/connect/github?connect_session_token=" + token));
                }
            }
        }
        assertThat(process.waitFor()).as(String.join("\n", printed)).isZero();
        return printed;
    }

    /** Without what differs from run to run. */
    private static String without(String line) {
        return line.replaceAll("(session_token=nango_connect_session_).*", "$1...")
                .replaceAll("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "ID");
    }
}
