package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** {@code latchkey import}. */
@Command(
        name = "import",
        description =
                "Import a file of `latchkey export` into an environment. Existing integrations are kept; existing connections are replaced.",
        mixinStandardHelpOptions = true)
final class ImportCommand implements Callable<Integer> {
    @Mixin
    private ServerOptions server = new ServerOptions();

    @Mixin
    private Output output = new Output();

    @Mixin
    private Passphrase passphrase = new Passphrase();

    @Parameters(paramLabel = "FILE")
    private Path file = Path.of("");

    @Override
    public Integer call() {
        char[] key = passphrase.read();
        List<Item> items = new ArrayList<>();
        try {
            // Read completely before the first write: half a file must not be imported.
            SealedFile.read(file, key, items::add);
        } catch (IOException | GeneralSecurityException e) {
            output.err()
                    .println(file + " cannot be read: "
                            + (e.getMessage() == null || e.getMessage().contains("Tag")
                                    ? "the passphrase is wrong, or it was altered"
                                    : e.getMessage())
                            + ".");
            return 1;
        }
        AccountWriter writer = new AccountWriter(server.open());
        Report report = new Report();
        Progress progress = new Progress(output.err(), "Importing", items.size(), System.console() != null);
        items.forEach(item -> {
            report.attempt(item.name(), () -> writer.write(item));
            progress.step();
        });
        return report.print(output, "imported", Json.MAPPER.createObjectNode().put("file", file.toString()));
    }
}
