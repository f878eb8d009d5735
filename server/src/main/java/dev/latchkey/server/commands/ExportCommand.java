package dev.latchkey.server.commands;

import dev.latchkey.server.operations.Json;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code latchkey export}. */
@Command(
        name = "export",
        description =
                "Write integrations and connections with their credentials into a file that a passphrase (LATCHKEY_PASSPHRASE) seals.",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private Output output = new Output();

    @CommandLine.Option(
            names = "--passphrase-file",
            paramLabel = "FILE",
            description = "Its first line is the passphrase; else LATCHKEY_PASSPHRASE, else it is asked for.")
    private @org.jspecify.annotations.Nullable Path passphraseFile;

    @CommandLine.Spec
    private CommandLine.Model.@org.jspecify.annotations.Nullable CommandSpec spec;

    @Parameters(paramLabel = "FILE", description = "Must not be there yet.")
    private Path file = Path.of("");

    @Override
    public Integer call() throws GeneralSecurityException {
        char[] passphrase = passphrase(java.util.Objects.requireNonNull(spec), Optional.ofNullable(passphraseFile));
        AccountReader reader = new AccountReader(server.open());
        List<Item.Integration> integrations = reader.integrations();
        List<AccountReader.Place> places = reader.connections();
        Report report = new Report();
        Progress progress = new Progress(output.err(), "Exporting", places.size(), System.console() != null);
        try {
            SealedFile.write(file, passphrase, sink -> {
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
            output.err().println("There is a file at " + file + " already; nothing was written.");
            return 2;
        } catch (IOException e) {
            output.err().println(file + " cannot be written: " + e.getMessage() + ".");
            return 1;
        }
        return report.print(output, "exported", Json.MAPPER.createObjectNode().put("file", file.toString()));
    }

    /** From the environment: what stands on a command line everybody on the machine can read. */
    static char[] passphrase(CommandLine.Model.CommandSpec spec, Optional<Path> file) {
        return file.map(ExportCommand::firstLine)
                .or(() -> Optional.ofNullable(System.getenv("LATCHKEY_PASSPHRASE")))
                .or(() -> Optional.ofNullable(System.console())
                        .map(console -> new String(console.readPassword("Passphrase: "))))
                .filter(text -> text.length() >= 8)
                .orElseThrow(() -> new CommandLine.ParameterException(
                        spec.commandLine(), "Set LATCHKEY_PASSPHRASE to a passphrase of at least 8 characters."))
                .toCharArray();
    }

    private static String firstLine(Path file) {
        try (var lines = java.nio.file.Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
