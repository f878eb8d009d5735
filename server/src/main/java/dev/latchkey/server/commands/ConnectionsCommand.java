package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.server.json.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey connections}. */
@Command(
        name = "connections",
        description = "Connections of your users.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class ConnectionsCommand {
    @Command(name = "list", description = "List connections, newest first.", mixinStandardHelpOptions = true)
    int list(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Option(
                            names = {"-i", "--integration"},
                            paramLabel = "KEY",
                            description = "Of these integrations only.")
                    @Nullable
                    List<String> integrations,
            @Option(names = "--paused", description = "Only paused ones.") boolean paused,
            @Option(names = "--search", description = "The beginning of a word of the id, the end user or a tag.")
                    @Nullable
                    String search,
            @Option(names = "--limit", description = "Maximum number (100).", defaultValue = "100") int limit,
            @Option(names = "--page", description = "The page, from 0.", defaultValue = "0") int page) {
        String query = "?limit=" + limit + "&page=" + page
                + (integrations == null ? "" : "&integrationId=" + encoded(String.join(",", integrations)))
                + (paused ? "&paused=true" : "")
                + (search == null ? "" : "&search=" + encoded(search));
        output.table(
                server.open().get("/connections" + query).path("connections"),
                List.of("CONNECTION", "INTEGRATION", "PROVIDER", "USER", "ERRORS", "CREATED"),
                List.of(
                        "connection_id",
                        "provider_config_key",
                        "provider",
                        "end_user.id|tags.end_user_id",
                        "errors",
                        "created"));
        return 0;
    }

    @Command(
            name = "get",
            description = "Show a connection; a due credential is refreshed first.",
            mixinStandardHelpOptions = true)
    int get(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = {"-i", "--integration"},
                            paramLabel = "KEY",
                            required = true)
                    String integration,
            @Option(names = "--credentials", description = "Show its secrets too.") boolean credentials) {
        output.show(read(server.open(), id, integration, credentials));
        return 0;
    }

    @Command(name = "refresh", description = "Refresh a connection's credential now.", mixinStandardHelpOptions = true)
    int refresh(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = {"-i", "--integration"},
                            paramLabel = "KEY",
                            required = true)
                    String integration) {
        JsonNode result = server.open()
                .post(path(id, integration, "/refresh"), Json.MAPPER.createObjectNode())
                .path("data");
        String next = result.at("/health/refresh_at").asString("");
        output.done(
                result.path("refreshed").asBoolean(false)
                        ? id + " has a new credential"
                                + (next.isEmpty() ? "." : "; the next refresh is due at " + next + ".")
                        : id + " was not refreshed: it has nothing to refresh with, or was refreshed a moment ago.",
                result);
        return 0;
    }

    @Command(
            name = "delete",
            description = "Delete a connection, and revoke its grant if the provider supports it.",
            mixinStandardHelpOptions = true)
    int delete(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = {"-i", "--integration"},
                            paramLabel = "KEY",
                            required = true)
                    String integration) {
        output.done(id + " is deleted.", server.open().delete(path(id, integration)));
        return 0;
    }

    @Command(
            name = "pause",
            description = "Return a connection's credential to no caller until it is resumed; refreshes continue.",
            mixinStandardHelpOptions = true)
    int pause(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = {"-i", "--integration"},
                            paramLabel = "KEY",
                            required = true)
                    String integration,
            @Mixin Pausing pausing) {
        pausing.pause(server, output, id, path(id, integration, "/pause"));
        return 0;
    }

    @Command(name = "resume", description = "Allow a paused connection's use again.", mixinStandardHelpOptions = true)
    int resume(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "ID") String id,
            @Option(
                            names = {"-i", "--integration"},
                            paramLabel = "KEY",
                            required = true)
                    String integration) {
        Pausing.resume(server, output, id, path(id, integration, "/resume"));
        return 0;
    }

    private static JsonNode read(ServerApi api, String id, String integration, boolean credentials) {
        JsonNode connection = api.get(path(id, integration) + (credentials ? "&refresh_token=true" : ""));
        return credentials ? connection : withoutSecrets(connection);
    }

    /** What scrolls by in a terminal stays in its history. */
    private static JsonNode withoutSecrets(JsonNode connection) {
        ObjectNode shown = (ObjectNode) connection.deepCopy();
        ObjectNode only = shown.objectNode();
        for (String name : List.of("type", "expires_at")) {
            JsonNode value = connection.path("credentials").get(name);
            if (value != null) {
                only.set(name, value);
            }
        }
        shown.set("credentials", only);
        return shown;
    }

    private static String path(String id, String integration) {
        return path(id, integration, "");
    }

    private static String path(String id, String integration, String verb) {
        return "/connections/" + encoded(id) + verb + "?provider_config_key=" + encoded(integration);
    }
}
