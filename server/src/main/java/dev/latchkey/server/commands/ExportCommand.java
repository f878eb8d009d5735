package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code latchkey export}. */
@Command(
        name = "export",
        description =
                "Write integrations and connections with their credentials to a file, encrypted with a passphrase (LATCHKEY_PASSPHRASE).",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private Output output = new Output();

    @Mixin
    private Passphrase passphrase = new Passphrase();

    @Parameters(paramLabel = "FILE", description = "Must not exist yet.")
    private Path file = Path.of("");

    @Override
    public Integer call() throws GeneralSecurityException {
        char[] key = passphrase.read();
        AccountReader reader = new AccountReader(server.open());
        List<Item> integrations = new ArrayList<>(reader.definitions());
        integrations.addAll(reader.integrations());
        List<AccountReader.Place> places = reader.connections();
        Report report = new Report();
        Progress progress = new Progress(output.err(), "Exporting", places.size(), System.console() != null);
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
