package dev.latchkey.server.commands;

import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The root of the command line. A new command is a class of its own, added to {@code subcommands}. */
@Command(
        name = "latchkey",
        description = "OAuth infrastructure for integrations.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {ProvidersCommand.class, CommandLine.HelpCommand.class})
public final class LatchkeyCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    /** @return the process's exit status: 0 done, 1 found something wrong, 2 not understood */
    public static int execute(List<String> arguments) {
        return new CommandLine(new LatchkeyCommand()).execute(arguments.toArray(String[]::new));
    }

    /** Without a command. */
    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getOut());
        }
    }
}
