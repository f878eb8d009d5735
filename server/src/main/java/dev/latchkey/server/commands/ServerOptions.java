package dev.latchkey.server.commands;

import java.net.URI;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** The server that a command uses, and the key. */
final class ServerOptions {
    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Option(
            names = "--host",
            paramLabel = "URL",
            description = "The server. Default: LATCHKEY_HOST or NANGO_HOST, otherwise http://localhost:3003.")
    private @Nullable String host;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "The API key. Default: LATCHKEY_SECRET_KEY or NANGO_SECRET_KEY. Prefer these: arguments are visible to other users of this machine.")
    private @Nullable String key;

    /** @throws CommandLine.ParameterException without a key */
    ServerApi open() {
        return ifConfigured()
                .orElseThrow(
                        () -> new CommandLine.ParameterException(
                                java.util.Objects.requireNonNull(spec).commandLine(),
                                "No API key is given: set NANGO_SECRET_KEY to the key that the first start printed, or use --key."));
    }

    /** With the account key if one is set: only it, or a key with the explicit scope, creates and revokes keys. */
    ServerApi openForKeys() {
        return LatchkeyCommand.variable(spec, "LATCHKEY_ACCOUNT_KEY")
                .filter(account -> key == null)
                .map(this::with)
                .orElseGet(this::open);
    }

    /** Empty without a key. */
    Optional<ServerApi> ifConfigured() {
        return Optional.ofNullable(key)
                .or(() -> LatchkeyCommand.variable(spec, "LATCHKEY_SECRET_KEY"))
                .or(() -> LatchkeyCommand.variable(spec, "NANGO_SECRET_KEY"))
                .map(this::with);
    }

    private ServerApi with(String secret) {
        String address = Optional.ofNullable(host)
                .or(() -> LatchkeyCommand.variable(spec, "LATCHKEY_HOST"))
                .or(() -> LatchkeyCommand.variable(spec, "NANGO_HOST"))
                .orElse("http://localhost:3003");
        return new ServerApi(address(address), secret);
    }

    private URI address(String text) {
        try {
            URI uri = URI.create(text.replaceFirst("/+$", ""));
            if (uri.getHost() != null && String.valueOf(uri.getScheme()).startsWith("http")) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Reported below, as for a URL that is not a server's.
        }
        throw new CommandLine.ParameterException(
                java.util.Objects.requireNonNull(spec).commandLine(),
                "The host must be an address such as http://localhost:3003.");
    }
}
