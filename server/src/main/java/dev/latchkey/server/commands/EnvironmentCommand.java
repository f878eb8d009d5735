package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code latchkey environment}: the key's environment. */
@Command(
        name = "environment",
        description = "The key's environment.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class EnvironmentCommand {
    @Command(name = "get", description = "Show its settings.", mixinStandardHelpOptions = true)
    int get(@Mixin ServerOptions server, @Mixin Output output) {
        output.show(server.open().get("/environment").path("data"));
        return 0;
    }

    @Command(
            name = "pause",
            description = "Return no credential of the environment, and refuse new connections, until it is resumed.",
            mixinStandardHelpOptions = true)
    int pause(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Option(
                            names = "--reason",
                            paramLabel = "TEXT",
                            required = true,
                            description = "The reason, which refused callers see.")
                    String reason) {
        output.done(
                "The environment" + " is paused.",
                server.open()
                        .post(
                                "/environment/pause",
                                Json.MAPPER.createObjectNode().put("reason", reason)));
        return 0;
    }

    @Command(name = "resume", description = "Allow the environment's use again.", mixinStandardHelpOptions = true)
    int resume(@Mixin ServerOptions server, @Mixin Output output) {
        output.done(
                "The environment" + " is resumed.",
                server.open().post("/environment/resume", Json.MAPPER.createObjectNode()));
        return 0;
    }
}
