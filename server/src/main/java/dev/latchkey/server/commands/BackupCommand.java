package dev.latchkey.server.commands;

import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.EmbeddedBackup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code latchkey backup}: on the machine, and with the settings, of the Latchkey that uses the data directory. */
@Command(
        name = "backup",
        description =
                "Write the data directory with its embedded database to a file, while Latchkey runs or is stopped.",
        mixinStandardHelpOptions = true)
final class BackupCommand implements Callable<Integer> {
    @Mixin
    private Output output = new Output();

    @Option(
            names = "--without-key",
            description = "Leave the master key out. Without that key, the credentials in the backup cannot be read.")
    private boolean withoutKey;

    @Parameters(paramLabel = "FILE", description = "Must not exist yet.")
    private @Nullable Path target;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public Integer call() {
        Path file = Objects.requireNonNull(target).toAbsolutePath();
        if (Files.exists(file)) {
            output.err().println("The file " + file + " exists already; nothing was written.");
            return 2;
        }
        try {
            EmbeddedBackup.Written written = EmbeddedBackup.write(embedded(spec), file, !withoutKey);
            output.done(
                    file + " has everything that was stored when the backup began"
                            + (written.hasKey()
                                    ? ", and the master key: anyone who has the file can read every credential."
                                    : ". The master key is not in it: keep that, too, and apart."),
                    Json.MAPPER
                            .createObjectNode()
                            .put("file", file.toString())
                            .put("bytes", written.bytes())
                            .put("running", written.running())
                            .put("has_key", written.hasKey()));
            return 0;
        } catch (ConfigurationException e) {
            output.err().println(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            output.err().println("The backup could not be written: " + e.getMessage() + ".");
        }
        return 1;
    }

    /** The data directory of these settings. @throws ConfigurationException when another database is configured */
    static Path embedded(CommandLine.Model.@Nullable CommandSpec spec) {
        Configuration configuration = Configuration.fromEnvironment(LatchkeyCommand.variables(spec));
        if (configuration.storage().databaseUrl().isPresent()) {
            throw new ConfigurationException(
                    "LATCHKEY_DATABASE_URL is set: back that database up, and restore it, with its own tools (pg_dump, pg_basebackup, your provider's snapshots).");
        }
        return configuration.storage().dataDirectory();
    }
}
