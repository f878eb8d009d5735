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
                "Put what `latchkey export` wrote into an environment. Integrations that are there are left alone; connections are replaced.",
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
            // Whole before the first is written: half a file is no account.
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
