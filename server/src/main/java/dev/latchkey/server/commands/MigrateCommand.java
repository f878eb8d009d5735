package dev.latchkey.server.commands;

import picocli.CommandLine.Command;

/** {@code latchkey migrate}. */
@Command(
        name = "migrate",
        description = "Migrate from another system.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        subcommands = MigrateNangoCommand.class)
final class MigrateCommand {}
