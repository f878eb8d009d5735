package dev.latchkey.server.commands;

import dev.latchkey.server.json.Json;
import picocli.CommandLine.Option;

/** What connections and integrations share: both are paused for a reason, and resumed. */
final class Pausing {
    @Option(names = "--reason", paramLabel = "TEXT", required = true, description = "Why: who is refused sees it.")
    private String reason = "";

    void pause(ServerOptions server, Output output, String name, String path) {
        output.done(
                name + " is paused.",
                server.open().post(path, Json.MAPPER.createObjectNode().put("reason", reason)));
    }

    static void resume(ServerOptions server, Output output, String name, String path) {
        output.done(name + " is resumed.", server.open().post(path, Json.MAPPER.createObjectNode()));
    }
}
