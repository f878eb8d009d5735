package dev.latchkey.server.commands;

import dev.latchkey.server.operations.Json;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey keys}. */
@Command(
        name = "keys",
        description = "The environment's secret keys.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class KeysCommand {
    private static final String PATH = "/environment/api-keys";

    @Command(name = "list", description = "List keys, without their text.", mixinStandardHelpOptions = true)
    int list(@Mixin ServerOptions server, @Mixin Output output) {
        output.table(
                server.open().get(PATH).path("data"),
                List.of("KEY", "NAME", "SCOPES", "CREATED"),
                List.of("id", "name", "scopes", "created_at"));
        return 0;
    }

    /** The text alone goes to standard output, so that a script can take it into a variable. */
    @Command(
            name = "create",
            description = "Make a key and print it, which happens only now.",
            mixinStandardHelpOptions = true)
    int create(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "NAME", description = "What it is for.") String name,
            @Option(
                            names = {"-s", "--scope"},
                            paramLabel = "SCOPE",
                            split = ",",
                            description =
                                    "What it may do, such as environment:connections:read; else everything in the environment.")
                    @Nullable
                    List<String> scopes) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("name", name);
        if (scopes != null) {
            scopes.forEach(body.putArray("scopes")::add);
        }
        JsonNode made = server.open().post(PATH, body).path("data");
        output.done(made.path("secret_key").asString(), made);
        if (!output.isJson()) {
            output.err()
                    .println("Key " + made.path("id").asString() + " is shown only now; `latchkey keys revoke "
                            + made.path("id").asString() + "` ends it.");
        }
        return 0;
    }

    @Command(name = "revoke", description = "End a key at once.", mixinStandardHelpOptions = true)
    int revoke(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "KEY", description = "Its id (latchkey keys list).") String id) {
        output.done(
                id + " opens nothing any more.",
                server.open()
                        .call(
                                "DELETE",
                                PATH,
                                Optional.of(Json.MAPPER.createObjectNode().put("id", id))));
        return 0;
    }
}
