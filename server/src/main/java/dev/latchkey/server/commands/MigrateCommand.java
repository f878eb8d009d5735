package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code latchkey migrate}. */
@Command(
        name = "migrate",
        description = "Migrate from another system.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class MigrateCommand {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    /**
     * Over Nango's API: integrations with their clients, connections with credentials, metadata and tags. What was copied is
     * remembered in a file, so that it can be resumed and repeated.
     */
    @Command(
            name = "nango",
            description =
                    "Copy integrations and connections from a Nango server into this one; can be resumed and repeated.",
            mixinStandardHelpOptions = true)
    int nango(
            @Option(
                            names = "--host",
                            paramLabel = "URL",
                            required = true,
                            description = "Nango's, such as https://api.nango.dev.")
                    URI host,
            @Option(
                            names = "--key",
                            paramLabel = "KEY",
                            description = "The environment's secret key there; otherwise NANGO_SECRET_KEY.")
                    @Nullable
                    String key,
            @Option(
                            names = "--to",
                            paramLabel = "URL",
                            description = "Latchkey; else LATCHKEY_HOST or http://localhost:3003.")
                    @Nullable
                    URI to,
            @Option(
                            names = "--to-key",
                            paramLabel = "KEY",
                            description = "The environment's secret key here; otherwise LATCHKEY_SECRET_KEY.")
                    @Nullable
                    String toKey,
            @Option(names = "--dry-run", description = "Do everything but keep it, and report.") boolean dryRun,
            @Option(
                            names = "--beside",
                            description =
                                    "Nango stays in use: connections are not refreshed here until they are read here.")
                    boolean beside,
            @Option(
                            names = "--state",
                            paramLabel = "FILE",
                            description = "The file that records the progress (nango-migration.state).",
                            defaultValue = "nango-migration.state")
                    Path state,
            @Mixin Output output) {
        String theirKey = required(key, "NANGO_SECRET_KEY", "--key");
        String ourKey = required(toKey, "LATCHKEY_SECRET_KEY", "--to-key");
        URI ours = Optional.ofNullable(to)
                .or(() -> LatchkeyCommand.variable(spec, "LATCHKEY_HOST").map(URI::create))
                .orElse(URI.create("http://localhost:3003"));
        MigrationState progress;
        try {
            progress = MigrationState.open(state, host + " " + ours + " " + ourKey, theirKey, dryRun);
        } catch (IllegalArgumentException e) {
            output.err().println(e.getMessage());
            return 2;
        }
        Report report = new NangoMigration(
                        new ServerApi(trimmed(host), theirKey),
                        new ServerApi(trimmed(ours), ourKey),
                        progress,
                        new NangoMigration.Way(dryRun, beside))
                .run(output);
        return report.print(
                output,
                dryRun ? "to copy" : "copied",
                Json.MAPPER.createObjectNode().put("dry_run", dryRun));
    }

    private static URI trimmed(URI host) {
        return URI.create(host.toString().replaceFirst("/+$", ""));
    }

    private String required(@Nullable String given, String variable, String option) {
        return Optional.ofNullable(given)
                .or(() -> LatchkeyCommand.variable(spec, variable))
                .filter(text -> !text.isBlank())
                .orElseThrow(() -> new CommandLine.ParameterException(
                        java.util.Objects.requireNonNull(spec).commandLine(),
                        "Set " + variable + ", or give " + option + "."));
    }
}
