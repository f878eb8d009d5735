package dev.latchkey.server.commands;

import dev.latchkey.server.configuration.Version;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/** The root of the command line. Each command is a class, listed in {@code subcommands}. */
@Command(
        name = "latchkey",
        description = "OAuth infrastructure for integrations.",
        mixinStandardHelpOptions = true,
        versionProvider = LatchkeyCommand.VersionOption.class,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ConnectionsCommand.class,
            IntegrationsCommand.class,
            SessionsCommand.class,
            WebhooksCommand.class,
            KeysCommand.class,
            EnvironmentCommand.class,
            AuditCommand.class,
            ProvidersCommand.class,
            DoctorCommand.class,
            ConfigCommand.class,
            ApplyCommand.class,
            BackupCommand.class,
            RestoreCommand.class,
            RestoredCommand.class,
            ExportCommand.class,
            ImportCommand.class,
            MigrateCommand.class,
            AutoComplete.GenerateCompletion.class,
            CommandLine.HelpCommand.class
        })
public final class LatchkeyCommand implements Runnable {
    @CommandLine.Spec
    private @Nullable CommandSpec spec;

    private final Map<String, String> environment;

    LatchkeyCommand(Map<String, String> environment) {
        this.environment = environment;
    }

    /** A non-empty environment variable, for the command of this specification. */
    static Optional<String> variable(@Nullable CommandSpec spec, String name) {
        return Optional.ofNullable(variables(spec).get(name)).filter(value -> !value.isBlank());
    }

    static Map<String, String> variables(@Nullable CommandSpec spec) {
        return ((LatchkeyCommand) Objects.requireNonNull(spec).root().userObject()).environment;
    }

    /** @return the process's exit status: 0 success, 1 a problem was found, 2 invalid usage */
    public static int execute(List<String> arguments) {
        return line(System.getenv()).execute(arguments.toArray(String[]::new));
    }

    /**
     * A server's refusal is printed with its message; any other failure is a bug and prints its stack trace.
     *
     * @param environment the variables that commands read
     */
    public static CommandLine line(Map<String, String> environment) {
        return new CommandLine(new LatchkeyCommand(environment))
                .setExecutionExceptionHandler((failure, line, parsed) -> {
                    if (failure instanceof ServerApi.Refused refused) {
                        line.getErr().println("latchkey: " + refused.getMessage());
                        return 1;
                    }
                    throw failure;
                });
    }

    /** {@code latchkey --version}. */
    static final class VersionOption implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return Version.described().toArray(String[]::new);
        }
    }

    /** Without a command. */
    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getOut());
        }
    }
}
