package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
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
     * remembered in a file, so that it can be resumed.
     */
    @Command(
            name = "nango",
            description = "Copy integrations and connections from a Nango server into this one; can be resumed.",
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
            @Option(names = "--dry-run", description = "Read everything, write nothing, report.") boolean dryRun,
            @Option(
                            names = "--state",
                            paramLabel = "FILE",
                            description = "The file that records the progress (nango-migration.state).",
                            defaultValue = "nango-migration.state")
                    Path state,
            @Mixin Output output) {
        AccountReader reader = new AccountReader(new ServerApi(host, required(key, "NANGO_SECRET_KEY", "--key")));
        AccountWriter writer = new AccountWriter(new ServerApi(
                Optional.ofNullable(to)
                        .or(() ->
                                LatchkeyCommand.variable(spec, "LATCHKEY_HOST").map(URI::create))
                        .orElse(URI.create("http://localhost:3003")),
                required(toKey, "LATCHKEY_SECRET_KEY", "--to-key")));
        Report report = copy(reader, writer, state, dryRun, output);
        return report.print(
                output,
                dryRun ? "to copy" : "copied",
                Json.MAPPER.createObjectNode().put("dry_run", dryRun));
    }

    private Report copy(AccountReader reader, AccountWriter writer, Path state, boolean dryRun, Output output) {
        Set<String> done = new HashSet<>(read(state));
        Report report = new Report();
        List<Item.Integration> integrations = reader.integrations();
        List<AccountReader.Place> places = reader.connections();
        Progress progress = new Progress(
                output.err(), "Copying", integrations.size() + (long) places.size(), System.console() != null);
        for (Item.Integration integration : integrations) {
            step(
                    report,
                    done,
                    state,
                    dryRun,
                    integration.name(),
                    () -> dryRun ? !writer.isThere(integration) : writer.write(integration));
            progress.step();
        }
        for (AccountReader.Place place : places) {
            step(report, done, state, dryRun, place.name(), () -> {
                Item.Connection connection = reader.connection(place);
                return dryRun || writer.write(connection);
            });
            progress.step();
        }
        return report;
    }

    private static void step(
            Report report,
            Set<String> done,
            Path state,
            boolean dryRun,
            String name,
            java.util.function.BooleanSupplier work) {
        if (done.contains(name)) {
            report.left(name);
        } else if (report.attempt(name, work) && !dryRun) {
            append(state, name);
        }
    }

    private String required(@Nullable String given, String variable, String option) {
        return Optional.ofNullable(given)
                .or(() -> LatchkeyCommand.variable(spec, variable))
                .filter(text -> !text.isBlank())
                .orElseThrow(() -> new CommandLine.ParameterException(
                        java.util.Objects.requireNonNull(spec).commandLine(),
                        "Set " + variable + ", or give " + option + "."));
    }

    private static List<String> read(Path state) {
        try {
            return Files.exists(state) ? Files.readAllLines(state) : List.of();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void append(Path state, String name) {
        try {
            Files.writeString(
                    state, name + System.lineSeparator(), StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
