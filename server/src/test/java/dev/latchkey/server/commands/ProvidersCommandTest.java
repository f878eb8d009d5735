package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ProvidersCommandTest {
    @TempDir
    Path folder;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        return new CommandLine(new LatchkeyCommand())
                .setOut(new PrintWriter(out))
                .setErr(new PrintWriter(err))
                .execute(arguments);
    }

    @Test
    void checksWhatShips() {
        assertThat(run("providers", "check")).isZero();
        assertThat(out.toString()).matches("\\d{3,4} definitions are in order\\.\\R");
    }

    @Test
    void namesFileLineAndKeyOfAMistake() throws IOException {
        Files.writeString(folder.resolve("acme.yaml"), """
                id: acme
                name: Acme
                api_docs: https://developers.acme.example
                auth: { kind: api_key }
                api: { base: https://api.acme.example, haeders: { x-key: "${secret.apiKey}" } }
                """);

        assertThat(run("providers", "check", folder.toString())).isEqualTo(1);
        assertThat(err.toString()).contains("acme.yaml:5: 'haeders' is not known here");
    }

    @Test
    void writesThePagesAndRemovesWhatIsNoMore() throws IOException {
        Files.writeString(folder.resolve("gone.md"), "");

        assertThat(run("providers", "docs", folder.toString())).isZero();
        assertThat(folder.resolve("gone.md")).doesNotExist();
        assertThat(folder.resolve("slack.md")).content().startsWith("# Slack\n");
        assertThat(folder.resolve("README.md")).content().contains("[Slack](slack.md)");
    }

    @Test
    void saysThatAFolderIsMissing() {
        assertThat(run("providers", "check", folder.resolve("no").toString())).isEqualTo(2);
        assertThat(err.toString()).contains("There is no folder at");
    }
}
