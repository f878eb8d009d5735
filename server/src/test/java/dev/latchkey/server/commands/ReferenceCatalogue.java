package dev.latchkey.server.commands;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The reference's catalogue, which npm brings into a folder of its own once for a run of the tests; nothing of it is committed. */
final class ReferenceCatalogue {
    private static final String PACKAGE = "@nangohq/providers@0.71.10";

    private ReferenceCatalogue() {}

    static synchronized Path file() throws IOException, InterruptedException {
        Path folder = Path.of("target", "reference-catalogue").toAbsolutePath();
        Path file = folder.resolve("node_modules/@nangohq/providers/providers.yaml");
        if (!Files.exists(file)) {
            Files.createDirectories(folder);
            Files.writeString(folder.resolve("package.json"), "{\"private\": true}");
            Process npm = new ProcessBuilder(
                            "npm", "install", "--no-save", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE)
                    .directory(folder.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(folder.resolve("npm.log").toFile())
                    .start();
            assertThat(npm.waitFor()).as("npm").isZero();
        }
        return file;
    }
}
