package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.docs.ProviderDocs;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.nango.NangoCatalogue;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.providers.OwnLogos;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey providers}: the definitions, without a server; with a key, {@code list} shows the server's. */
@Command(
        name = "providers",
        description = "List, check, add, remove, import and watch provider definitions.",
        subcommands = DriftCommand.class,
        mixinStandardHelpOptions = true,
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

    /** A server may know definitions of its own. */
    @Command(
            name = "list",
            description = "List the providers: the server's with a key, otherwise those that ship.",
            mixinStandardHelpOptions = true)
    int list(
            @CommandLine.Mixin ServerOptions server,
            @CommandLine.Mixin Output output,
            @Parameters(paramLabel = "TEXT", arity = "0..1", description = "Part of the id or the name.") @Nullable
                    String search) {
        ArrayNode rows = server.ifConfigured()
                .map(api -> served(api, search == null ? "" : search))
                .orElseGet(() -> shipped(search == null ? "" : search));
        output.table(
                rows,
                List.of("PROVIDER", "NAME", "KIND", "OWN", "SUBJECTS"),
                List.of("name", "display_name", "auth_mode", "own", "categories"));
        return rows.isEmpty() ? 1 : 0;
    }

    private static ArrayNode served(ServerApi api, String search) {
        ArrayNode rows = Json.MAPPER.createArrayNode();
        for (JsonNode one : api.get("/providers" + (search.isEmpty() ? "" : "?search=" + encoded(search)))
                .path("data")
                .values()) {
            ObjectNode row = rows.addObject();
            List.of("name", "display_name", "auth_mode", "own", "categories").stream()
                    .filter(one::has)
                    .forEach(member -> row.set(member, one.path(member)));
        }
        return rows;
    }

    private static ArrayNode shipped(String search) {
        String wanted = search.toLowerCase(Locale.ROOT);
        ArrayNode rows = Json.MAPPER.createArrayNode();
        for (Provider provider : Catalogue.load().all()) {
            if (provider.id().contains(wanted)
                    || provider.name().toLowerCase(Locale.ROOT).contains(wanted)) {
                rows.addObject()
                        .put("name", provider.id())
                        .put("display_name", provider.name())
                        .put("auth_mode", provider.auth().facts().mode())
                        .set(
                                "categories",
                                Json.MAPPER.valueToTree(provider.about().tags()));
            }
        }
        return rows;
    }

    /** An existing definition of the same id is replaced, so that a folder of definitions can be applied repeatedly. */
    @Command(
            name = "add",
            description = "Add definitions to the key's environment, or replace existing ones.",
            mixinStandardHelpOptions = true)
    int add(
            @CommandLine.Mixin ServerOptions server,
            @CommandLine.Mixin Output output,
            @Parameters(paramLabel = "FILE", arity = "1..*", description = "YAML or JSON of one provider each.")
                    List<Path> files,
            @Option(
                            names = "--allow-new-hosts",
                            description =
                                    "Allow sending the credentials of existing connections to new hosts; needed only then.")
                    boolean newHosts)
            throws IOException {
        ServerApi api = server.open();
        for (Path file : files) {
            if (!Files.isRegularFile(file)) {
                output.err().println("There is no file at " + file + ".");
                return 2;
            }
            String text = Files.readString(file);
            String id = Catalogue.idOf(text).orElse("");
            String query = newHosts ? "?allow_new_hosts=true" : "";
            boolean there = isOwn(api, id);
            JsonNode saved;
            try {
                saved = there
                        ? api.define("PUT", "/providers/" + encoded(id) + query, text)
                        : api.define("POST", "/providers" + query, text);
            } catch (ServerApi.Refused e) {
                throw new ServerApi.Refused(e.status(), e.code(), file + ": " + e.getMessage());
            }
            output.done(id + (there ? " is changed." : " is added."), saved);
        }
        return 0;
    }

    private static boolean isOwn(ServerApi api, String id) {
        try {
            return !id.isEmpty()
                    && api.get("/providers/" + encoded(id)).at("/data/own").asBoolean(false);
        } catch (ServerApi.Refused e) {
            if (e.status() == 404) {
                return false;
            }
            throw e;
        }
    }

    @Command(
            name = "remove",
            description = "Remove a definition of the key's environment; shipped ones are not affected.",
            mixinStandardHelpOptions = true)
    int remove(
            @CommandLine.Mixin ServerOptions server,
            @CommandLine.Mixin Output output,
            @Parameters(paramLabel = "ID") String id,
            @Option(names = "--allow-new-hosts", description = "As for add, if a shipped definition replaces it.")
                    boolean newHosts) {
        JsonNode removed =
                server.open().delete("/providers/" + encoded(id) + (newHosts ? "?allow_new_hosts=true" : ""));
        output.done(id + " is removed.", removed);
        return 0;
    }

    /** One page a provider, and a list of all. Pages of providers that no longer exist are removed. */
    @Command(
            name = "docs",
            description = "Write the providers' pages (Markdown) into DIR.",
            mixinStandardHelpOptions = true)
    int docs(@Parameters(paramLabel = "DIR", description = "Such as docs/providers; created if missing.") Path folder)
            throws IOException {
        Catalogue catalogue = Catalogue.load();
        ProviderDocs.write(catalogue, folder);
        Objects.requireNonNull(spec)
                .commandLine()
                .getOut()
                .println(catalogue.all().size() + 1 + " pages are in " + folder + ".");
        return 0;
    }

    /** The schema that a running server has at {@code /schemas/provider.json}. */
    @Command(
            name = "schema",
            description = "Print the JSON Schema of a definition, for editors.",
            mixinStandardHelpOptions = true)
    int schema() {
        Objects.requireNonNull(spec).commandLine().getOut().print(Catalogue.schema());
        return 0;
    }

    /** A catalogue that the user supplies; only the converted files are kept. */
    @Command(
            name = "import",
            description =
                    "Convert a catalogue in the format of Nango's providers.yaml, and report what cannot be expressed.",
            mixinStandardHelpOptions = true)
    int importFrom(
            @Parameters(paramLabel = "FILE", description = "The catalogue.") Path file,
            @Option(
                            names = "--to",
                            paramLabel = "DIR",
                            description =
                                    "Write each definition there, for LATCHKEY_PROVIDERS_DIR. Without it only the report is printed.")
                    @Nullable
                    Path folder,
            @Option(names = "--only", paramLabel = "ID", split = ",", description = "Only these entries.") @Nullable
                    List<String> only,
            @Option(
                            names = "--replace",
                            description =
                                    "Write those whose id ships with Latchkey as well: they then win over the shipped ones.")
                    boolean replace) {
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        try {
            return new NangoImport(line.getOut(), replace)
                    .run(
                            NangoCatalogue.convert(Files.readString(file)).stream()
                                    .filter(one -> only == null || only.contains(one.id()))
                                    .toList(),
                            Optional.ofNullable(folder));
        } catch (IOException e) {
            line.getErr().println(file + " cannot be read, or " + folder + " not be written.");
            return 2;
        } catch (IllegalArgumentException e) {
            line.getErr().println(file + ": " + e.getMessage() + ".");
            return 2;
        }
    }

    /** All shipped definitions, overlaid with a folder's files. */
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
        CommandLine line = Objects.requireNonNull(spec).commandLine();
        PrintWriter out = line.getOut();
        if (folder != null && !Files.isDirectory(folder)) {
            line.getErr().println("There is no folder at " + folder + ".");
            return 2;
        }
        Catalogue catalogue = folder == null ? Catalogue.load() : Catalogue.loadReadable(folder);
        int count = catalogue.all().size();
        catalogue.keptParents().forEach(problem -> out.println("keeps the shipped parent: " + problem));
        List<String> problems = new ArrayList<>(
                catalogue.problems().stream().map(String::valueOf).toList());
        if (folder != null) {
            OwnLogos.of(folder, catalogue::has, problems::add);
        }
        if (problems.isEmpty()) {
            out.println(count + " definitions are in order.");
            return 0;
        }
        problems.forEach(line.getErr()::println);
        line.getErr().println(problems.size() + " problems. A server leaves these files out.");
        return 1;
    }
}
