package dev.latchkey.server.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** V17: {@code ./latchkey} from other folders, through symbolic links, with a space in its path. */
class LauncherTest {
    @TempDir
    private Path folder;

    private Path home;

    @BeforeEach
    void unpack() throws IOException {
        home = folder.toRealPath().resolve("a folder/of latchkey");
        Files.createDirectories(home.resolve("server/target"));
        Files.copy(Path.of("../latchkey"), home.resolve("latchkey"));
        assertThat(home.resolve("latchkey").toFile().setExecutable(true)).isTrue();
        Files.createFile(home.resolve("server/target/latchkey-server-1.jar"));
    }

    private static String run(Path from, Path program, String... arguments) throws Exception {
        List<String> command = new java.util.ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .directory(from.toFile())
                .redirectError(new File("/dev/null"))
                .start();
        String printed = process.inputReader().readAllAsString();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(printed).isZero();
        return printed.strip();
    }

    @Test
    void findsItselfFromWhereverAndHoweverItIsCalled() throws Exception {
        Path link = Files.createSymbolicLink(folder.resolve("link to it"), home.resolve("latchkey"));
        Path relative = Files.createSymbolicLink(
                Files.createDirectories(folder.resolve("bin")).resolve("latchkey"), Path.of("../link to it"));
        String jar = home.resolve("server/target/latchkey-server-1.jar").toString();

        assertThat(run(Path.of("/"), home.resolve("latchkey"), "jar")).isEqualTo(jar);
        assertThat(run(home, Path.of("./latchkey"), "jar")).isEqualTo(jar);
        assertThat(run(Path.of("/"), link, "jar")).isEqualTo(jar);
        assertThat(run(folder, relative, "jar")).isEqualTo(jar);
        assertThat(run(folder, Path.of("bin/latchkey"), "help")).contains("./latchkey start");
    }

    /** Of every command that the launcher itself runs, as its help lists them; the others are picocli's. */
    @Test
    void helpOfACommandIsItsLines() throws Exception {
        Path launcher = home.resolve("latchkey");
        for (String command : List.of(
                "start",
                "build",
                "test",
                "nightly",
                "format",
                "simulate",
                "bench",
                "release",
                "docs",
                "pictures",
                "outdated")) {
            assertThat(run(home, launcher, command, "--help")).startsWith("./latchkey " + command + " ");
            assertThat(run(home, launcher, "help", command)).isEqualTo(run(home, launcher, command, "-h"));
        }
    }
}
