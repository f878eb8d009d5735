package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.server.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;

/** {@code latchkey audit}: with a key that has {@code account:*}. */
@Command(
        name = "audit",
        description = "The audit log; needs a key with the scope account:*.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class AuditCommand {
    private static final String PATH = "/audit-log";

    @Command(name = "list", description = "List the entries, newest first.", mixinStandardHelpOptions = true)
    int list(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Option(names = "--limit", description = "Maximum number (50).", defaultValue = "50") int limit) {
        output.table(
                server.open().get(PATH + "?limit=" + limit).path("data"),
                List.of("ROW", "WHEN", "WHO", "FROM", "WHAT", "TARGET", "ENVIRONMENT"),
                List.of("number", "created_at", "actor", "address", "action", "target", "environment"));
        return 0;
    }

    /** Exits with 1 if the log was altered, so that a scheduled job can alert on it. */
    @Command(
            name = "verify",
            description = "Check the whole log; exits with 1 if a row was changed, added, moved or removed.",
            mixinStandardHelpOptions = true)
    int verify(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Option(
                            names = "--anchor",
                            paramLabel = "SEQ:HASH",
                            description =
                                    "An anchor kept elsewhere (the server's log, a webhook): the log must contain this row.")
                    @Nullable
                    String anchor) {
        JsonNode found = server.open()
                .get(PATH + "/verification" + (anchor == null ? "" : "?anchor=" + encoded(anchor)))
                .path("data");
        boolean intact = found.path("intact").asBoolean();
        String words = intact
                ? "The audit log is whole: " + found.path("count").asLong() + " rows, the newest "
                        + found.path("anchor").asString("(none)") + "."
                : "The audit log was altered at row "
                        + found.at("/fault/number").asLong() + ": "
                        + found.at("/fault/reason").asString() + ".";
        output.done(words, found);
        return intact ? 0 : 1;
    }

    @Command(
            name = "anchor",
            description = "Print the newest row's number and hash, and send them to subscribed endpoints.",
            mixinStandardHelpOptions = true)
    int anchor(@Mixin ServerOptions server, @Mixin Output output) {
        JsonNode made = server.open()
                .post(PATH + "/anchor", Json.MAPPER.createObjectNode())
                .path("data");
        output.done(made.path("anchor").asString(), made);
        return 0;
    }
}
