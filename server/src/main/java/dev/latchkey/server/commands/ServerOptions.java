package dev.latchkey.server.commands;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Which server a command speaks to, and with which key. */
final class ServerOptions {
    @CommandLine.Spec(CommandLine.Spec.Target.MIXEE)
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Option(
            names = "--host",
            paramLabel = "URL",
            description = "The server; else LATCHKEY_HOST or NANGO_HOST, else http://localhost:3003.")
    private @Nullable String host;

    @Option(
            names = "--key",
            paramLabel = "KEY",
            description =
                    "A secret key; else LATCHKEY_SECRET_KEY or NANGO_SECRET_KEY, which other users of this machine cannot see.")
    private @Nullable String key;

    ServerApi open() {
        Map<String, String> environment = System.getenv();
        String address = Optional.ofNullable(host)
                .or(() -> set(environment, "LATCHKEY_HOST"))
                .or(() -> set(environment, "NANGO_HOST"))
                .orElse("http://localhost:3003");
        String secret = Optional.ofNullable(key)
                .or(() -> set(environment, "LATCHKEY_SECRET_KEY"))
                .or(() -> set(environment, "NANGO_SECRET_KEY"))
                .orElseThrow(() -> new CommandLine.ParameterException(
                        java.util.Objects.requireNonNull(spec).commandLine(),
                        "There is no secret key: set LATCHKEY_SECRET_KEY, as the first start printed it."));
        return new ServerApi(address(address), secret);
    }

    private URI address(String text) {
        try {
            URI uri = URI.create(text.replaceFirst("/+$", ""));
            if (uri.getHost() != null && String.valueOf(uri.getScheme()).startsWith("http")) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // Said below, as for what is an address but not of a server.
        }
        throw new CommandLine.ParameterException(
                java.util.Objects.requireNonNull(spec).commandLine(),
                "The host must be an address such as http://localhost:3003.");
    }

    private static Optional<String> set(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
    }
}
