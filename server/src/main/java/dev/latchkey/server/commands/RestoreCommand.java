package dev.latchkey.server.commands;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.EmbeddedRestore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code latchkey restore}. */
@Command(
        name = "restore",
        description = "Make a data directory of a backup. The folder must not have an embedded database yet.",
        mixinStandardHelpOptions = true)
final class RestoreCommand implements Callable<Integer> {
    @Mixin
    private Output output = new Output();

    @Parameters(paramLabel = "FILE", description = "Written by `latchkey backup`.")
    private @Nullable Path source;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public Integer call() {
        Path file = Objects.requireNonNull(source).toAbsolutePath();
        try {
            Path data = BackupCommand.embedded(spec);
            EmbeddedRestore.read(file, data);
            output.done(
                    data + " is restored. The next start continues from there.",
                    Json.MAPPER.createObjectNode().put("data_dir", data.toString()));
            return 0;
        } catch (ConfigurationException e) {
            output.err().println(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            output.err().println("The backup could not be restored: " + e.getMessage() + ".");
        }
        return 1;
    }
}
