package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey export}. */
@Command(
        name = "export",
        description =
                "Write integrations and connections with their credentials to a file, encrypted with a passphrase (LATCHKEY_PASSPHRASE); or the environment as YAML for `latchkey apply`, without secrets and connections.",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private Output output = new Output();

    @Mixin
    private Passphrase passphrase = new Passphrase();

    @Option(names = "--yaml", description = "Write what `latchkey apply` reads; without FILE to standard output.")
    private boolean yaml;

    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Parameters(paramLabel = "FILE", arity = "0..1", description = "Must not exist yet.")
    private @Nullable Path target;

    @Override
    public Integer call() throws GeneralSecurityException {
        return yaml ? exportYaml() : exportAll();
    }

    private int exportYaml() {
        ServerApi api = server.open();
        ObjectNode all = Json.MAPPER.createObjectNode();
        new AppliedEnvironment(api).export(all);
        new AppliedDefinitions(api, false).export(all);
        new AppliedIntegrations(api).export(all);
        new AppliedKeys(api, server.openForKeys()).export(all).forEach(output.err()::println);
        String text = AppliedFile.YAML.writeValueAsString(all);
        if (target == null) {
            output.out().print(text);
            output.out().flush();
            return 0;
        }
        try {
            Files.writeString(target, text, StandardOpenOption.CREATE_NEW);
        } catch (FileAlreadyExistsException e) {
            output.err().println("The file " + target + " exists already; nothing was written.");
            return 2;
        } catch (IOException e) {
            output.err().println(target + " cannot be written: " + e.getMessage() + ".");
            return 1;
        }
        output.done(
                "The environment is in " + target + ".",
                Json.MAPPER.createObjectNode().put("file", target.toString()));
        return 0;
    }

    private int exportAll() throws GeneralSecurityException {
        if (target == null) {
            throw new CommandLine.ParameterException(
                    Objects.requireNonNull(spec).commandLine(), "Name the FILE to write, or use --yaml.");
        }
        Path file = target;
        char[] key = passphrase.read();
        AccountReader reader = new AccountReader(server.open());
        List<Item> integrations = new ArrayList<>(reader.definitions());
        integrations.addAll(reader.integrations());
        List<AccountReader.Place> places = reader.connections();
        Report report = new Report();
        Progress progress =
                new Progress(output.err(), "Exporting connections", places.size(), System.console() != null);
        try {
            SealedFile.write(file, key, sink -> {
                integrations.forEach(item -> {
                    sink.accept(item);
                    report.made(item.name());
                });
                places.forEach(place -> {
                    report.attempt(place.name(), () -> {
                        sink.accept(reader.connection(place));
                        return true;
                    });
                    progress.step();
                });
            });
        } catch (FileAlreadyExistsException e) {
            output.err().println("The file " + file + " exists already; nothing was written.");
            return 2;
        } catch (IOException e) {
            output.err().println(file + " cannot be written: " + e.getMessage() + ".");
            return 1;
        }
        return report.print(output, "exported", Json.MAPPER.createObjectNode().put("file", file.toString()));
    }
}
