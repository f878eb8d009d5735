package dev.latchkey.server.commands;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.CatalogueException;
import dev.latchkey.catalogue.ProviderDocs;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
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

    /** One page a provider, and a list of all. Pages of providers that are no more are removed. */
    @Command(
            name = "docs",
            description = "Write the providers' pages (Markdown) into DIR.",
            mixinStandardHelpOptions = true)
    int docs(
            @Parameters(paramLabel = "DIR", description = "Such as docs/providers; made where it is not there.")
                    Path folder)
            throws IOException {
        Map<String, String> pages = ProviderDocs.pages(Catalogue.load());
        Files.createDirectories(folder);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(one -> one.toString().endsWith(".md")).toList()) {
                if (!pages.containsKey(file.getFileName().toString())) {
                    Files.delete(file);
                }
            }
        }
        for (Map.Entry<String, String> page : pages.entrySet()) {
            Files.writeString(folder.resolve(page.getKey()), page.getValue());
        }
        java.util.Objects.requireNonNull(spec)
                .commandLine()
                .getOut()
                .println(pages.size() + " pages are in " + folder + ".");
        return 0;
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
