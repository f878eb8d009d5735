package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.kinds.AppRegistration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey integrations}. */
@Command(
        name = "integrations",
        description = "Providers that you use.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class IntegrationsCommand {
    @CommandLine.Spec
    private CommandLine.Model.@Nullable CommandSpec spec;

    @Command(name = "list", description = "List integrations.", mixinStandardHelpOptions = true)
    int list(@Mixin ServerOptions server, @Mixin Output output) {
        output.table(
                server.open().get("/integrations").path("data"),
                List.of("KEY", "PROVIDER", "NAME", "LAB", "CREATED"),
                List.of("unique_key", "provider", "display_name", "lab", "created_at"));
        return 0;
    }

    @Command(
            name = "create",
            description = "Create an integration; the client secret is read from LATCHKEY_CLIENT_SECRET.",
            mixinStandardHelpOptions = true)
    int create(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "PROVIDER", description = "github, slack, ... (latchkey providers list)")
                    String provider,
            @Option(
                            names = {"-k", "--unique-key"},
                            paramLabel = "KEY",
                            description = "Your name for it; otherwise the provider's.")
                    @Nullable
                    String key,
            @Option(names = "--client-id", paramLabel = "ID", description = "Your app's, at the provider.") @Nullable
                    String clientId,
            @Option(names = "--scopes", paramLabel = "A,B", description = "Separated by commas.") @Nullable
                    String scopes,
            @Option(names = "--lab", description = "Its users go to the provider lab; no app is needed.") boolean lab) {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("provider", provider)
                .put("unique_key", key == null ? provider : key);
        if (lab) {
            body.put("lab", true);
        }
        if (clientId != null) {
            ObjectNode credentials = body.putObject("credentials")
                    .put("type", AppRegistration.OAUTH_CLIENT)
                    .put("client_id", clientId)
                    .put(
                            "client_secret",
                            LatchkeyCommand.variable(spec, "LATCHKEY_CLIENT_SECRET")
                                    .orElse(""));
            if (scopes != null) {
                credentials.put("scopes", scopes);
            }
        }
        var created = server.open().post("/integrations", body);
        output.done(created.at("/data/unique_key").asString() + " was created.", created);
        return 0;
    }

    @Command(
            name = "delete",
            description = "Delete an integration and its connections.",
            mixinStandardHelpOptions = true)
    int delete(@Mixin ServerOptions server, @Mixin Output output, @Parameters(paramLabel = "KEY") String key) {
        output.done(key + " is deleted.", server.open().delete("/integrations/" + encoded(key)));
        return 0;
    }

    @Command(
            name = "pause",
            description =
                    "Return no credential of an integration's connections, and refuse new ones, until it is resumed.",
            mixinStandardHelpOptions = true)
    int pause(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "KEY") String key,
            @Mixin Pausing pausing) {
        pausing.pause(server, output, key, "/integrations/" + encoded(key) + "/pause");
        return 0;
    }

    @Command(name = "resume", description = "Allow a paused integration's use again.", mixinStandardHelpOptions = true)
    int resume(@Mixin ServerOptions server, @Mixin Output output, @Parameters(paramLabel = "KEY") String key) {
        Pausing.resume(server, output, key, "/integrations/" + encoded(key) + "/resume");
        return 0;
    }

    @Command(
            name = "exchange-tokens",
            description = "Exchange stored tokens that the provider makes obsolete, as a job.",
            mixinStandardHelpOptions = true)
    int exchangeTokens(@Mixin ServerOptions server, @Mixin Output output, @Parameters(paramLabel = "KEY") String key) {
        var job = server.open()
                .post("/integrations/" + encoded(key) + "/exchange-tokens", Json.MAPPER.createObjectNode());
        String id = job.at("/data/id").asString();
        output.done("Job " + id + " has begun; latchkey integrations job " + id + " shows its progress.", job);
        return 0;
    }

    @Command(
            name = "job",
            description = "Show the progress of a refresh or an exchange of many connections.",
            mixinStandardHelpOptions = true)
    int job(@Mixin ServerOptions server, @Mixin Output output, @Parameters(paramLabel = "ID") String id) {
        output.show(server.open().get("/refresh-jobs/" + encoded(id)).path("data"));
        return 0;
    }
}
