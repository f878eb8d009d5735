package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * {@code latchkey migrate nango}, over Nango's API: integrations with their clients, connections with credentials, metadata and tags.
 * What was copied is remembered in a file, so that it can be resumed and repeated.
 */
@Command(
        name = "nango",
        description =
                "Copy integrations and connections from a Nango server into this one; can be resumed and repeated.",
        mixinStandardHelpOptions = true)
final class MigrateNangoCommand implements Callable<Integer> {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Option(
            names = "--host",
            paramLabel = "URL",
            required = true,
            description = "Nango's, such as https://api.nango.dev.")
    private URI host = URI.create("");

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description = "The environment's secret key there; otherwise NANGO_SECRET_KEY.")
    private @Nullable String key;

    @Option(
            names = "--to",
            paramLabel = "URL",
            description = "The Latchkey server. Default: LATCHKEY_HOST, otherwise http://localhost:3003.")
    private @Nullable URI to;

    @Option(
            names = "--to-key",
            paramLabel = "KEY",
            description = "The environment's secret key here; otherwise LATCHKEY_SECRET_KEY.")
    private @Nullable String toKey;

    @Option(names = "--dry-run", description = "Do everything but keep it, and report.")
    private boolean dryRun;

    @Option(
            names = "--beside",
            description = "Nango stays in use: connections are not refreshed here until they are read here.")
    private boolean beside;

    @Option(
            names = "--webhook-url",
            paramLabel = "URL",
            description =
                    "Where Nango sends webhooks: the primary address, then the secondary one; its API does not return them.")
    private List<String> webhooks = List.of();

    @Option(
            names = "--signing-key",
            paramLabel = "KEY",
            description =
                    "What Nango signs webhooks with, so that receivers need not change; otherwise NANGO_WEBHOOK_SIGNING_KEY. For environments made before 20 April 2026 it is the secret key.")
    private @Nullable String signingKey;

    @Option(
            names = "--state",
            paramLabel = "FILE",
            description = "The file that records the progress (nango-migration.state).")
    private Path state = Path.of("nango-migration.state");

    @Mixin
    private Output output = new Output();

    @Override
    public Integer call() {
        String theirKey = required(key, "NANGO_SECRET_KEY", "--key");
        String ourKey = required(toKey, "LATCHKEY_SECRET_KEY", "--to-key");
        if (webhooks.size() > NangoMigration.ROLES.size()) {
            output.err().println("Give --webhook-url at most twice.");
            return 2;
        }
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
        NangoMigration.Way way = new NangoMigration.Way(
                dryRun,
                beside,
                List.copyOf(webhooks),
                Optional.ofNullable(signingKey).or(() -> LatchkeyCommand.variable(spec, "NANGO_WEBHOOK_SIGNING_KEY")));
        Report report = new NangoMigration(
                        new ServerApi(trimmed(host), theirKey), new ServerApi(trimmed(ours), ourKey), progress, way)
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
                        Objects.requireNonNull(spec).commandLine(), "Set " + variable + ", or give " + option + "."));
    }
}
