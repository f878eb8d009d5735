package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.CatalogueException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code latchkey providers}: the definitions, without a server. */
@Command(
        name = "providers",
        description = "Check and import provider definitions.",
        synopsisSubcommandLabel = "COMMAND")
final class ProvidersCommand implements Runnable {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            spec.commandLine().usage(spec.commandLine().getOut());
        }
    }

    /** All that ships, and a folder's files over it. */
    @Command(
            name = "check",
            description = "Validate all definitions; with DIR, also the *.yaml files of that folder.",
            mixinStandardHelpOptions = true)
    int check(
            @Parameters(
                            paramLabel = "DIR",
                            arity = "0..1",
                            description = "A folder with definitions, as LATCHKEY_PROVIDERS_DIR names one.")
                    @Nullable
                    Path folder) {
        CommandLine line = java.util.Objects.requireNonNull(spec).commandLine();
        PrintWriter out = line.getOut();
        if (folder != null && !Files.isDirectory(folder)) {
            line.getErr().println("There is no folder at " + folder + ".");
            return 2;
        }
        try {
            Catalogue catalogue = folder == null ? Catalogue.load() : Catalogue.load(folder);
            out.println(catalogue.all().size() + " definitions are in order.");
            return 0;
        } catch (CatalogueException e) {
            e.problems().forEach(line.getErr()::println);
            line.getErr().println(e.problems().size() + " problems.");
            return 1;
        }
    }
}
