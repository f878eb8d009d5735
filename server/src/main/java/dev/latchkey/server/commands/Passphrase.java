package dev.latchkey.server.commands;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The passphrase that seals an export: never an argument, since every user of the machine can read command lines. */
final class Passphrase {
    private static final int SHORTEST = 8;

    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Option(
            names = "--passphrase-file",
            paramLabel = "FILE",
            description =
                    "A file whose first line is the passphrase; otherwise LATCHKEY_PASSPHRASE, otherwise it is prompted for.")
    private @Nullable Path file;

    char[] read() {
        return Optional.ofNullable(file)
                .map(Passphrase::firstLine)
                .or(() -> LatchkeyCommand.variable(spec, "LATCHKEY_PASSPHRASE"))
                .or(() -> Optional.ofNullable(System.console())
                        .map(console -> new String(console.readPassword("Passphrase: "))))
                .filter(text -> text.length() >= SHORTEST)
                .orElseThrow(() -> new CommandLine.ParameterException(
                        Objects.requireNonNull(spec).commandLine(),
                        "Set LATCHKEY_PASSPHRASE to a passphrase of at least 8 characters."))
                .toCharArray();
    }

    private static String firstLine(Path file) {
        try (Stream<String> lines = Files.lines(file)) {
            return lines.findFirst().orElse("");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
