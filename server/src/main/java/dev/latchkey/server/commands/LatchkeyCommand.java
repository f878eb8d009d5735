package dev.latchkey.server.commands;

import java.util.List;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The root of the command line. A new command is a class of its own, added to {@code subcommands}. */
@Command(
        name = "latchkey",
        description = "OAuth infrastructure for integrations.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            ConnectionsCommand.class,
            IntegrationsCommand.class,
            SessionsCommand.class,
            WebhooksCommand.class,
            ProvidersCommand.class,
            DoctorCommand.class,
            ExportCommand.class,
            ImportCommand.class,
            MigrateCommand.class,
            AutoComplete.GenerateCompletion.class,
            CommandLine.HelpCommand.class
        })
public final class LatchkeyCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    /** @return the process's exit status: 0 done, 1 found something wrong, 2 not understood */
    public static int execute(List<String> arguments) {
        return line().execute(arguments.toArray(String[]::new));
    }

    /** What a server refuses is said in its words; anything else that goes wrong is a bug and shows where. */
    static CommandLine line() {
        return new CommandLine(new LatchkeyCommand()).setExecutionExceptionHandler((failure, line, parsed) -> {
            if (failure instanceof ServerApi.Refused refused) {
                line.getErr().println("latchkey: " + refused.getMessage());
                return 1;
            }
            throw failure;
        });
    }

    /** Without a command. */
    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getOut());
        }
    }
}
