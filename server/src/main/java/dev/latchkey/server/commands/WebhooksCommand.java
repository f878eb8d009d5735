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

/** {@code latchkey webhooks}. */
@Command(
        name = "webhooks",
        description = "Webhook endpoints and deliveries.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class WebhooksCommand {
    @Command(name = "list", description = "List endpoints.", mixinStandardHelpOptions = true)
    int list(@Mixin ServerOptions server, @Mixin Output output) {
        output.table(
                server.open().get("/environment/webhooks").path("data"),
                List.of("ENDPOINT", "ROLE", "URL", "ENABLED", "FAILING SINCE"),
                List.of("id", "role", "url", "enabled", "health.failing_since"));
        return 0;
    }

    @Command(name = "deliveries", description = "List deliveries, newest first.", mixinStandardHelpOptions = true)
    int deliveries(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Option(names = "--state", description = "pending, delivered or failed.") @Nullable String state,
            @Option(names = "--limit", description = "Maximum number (100).", defaultValue = "100") int limit) {
        output.table(
                server.open()
                        .get("/environment/webhook-deliveries?limit=" + limit
                                + (state == null ? "" : "&state=" + encoded(state)))
                        .path("data"),
                List.of("DELIVERY", "EVENT", "CONNECTION", "STATE", "ATTEMPTS", "STATUS", "ERROR", "CREATED"),
                List.of("id", "event", "connection_id", "state", "attempts", "status", "error", "created_at"));
        return 0;
    }

    @Command(
            name = "replay",
            description = "Resend one delivery, or all that have failed since a time.",
            mixinStandardHelpOptions = true)
    int replay(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Parameters(paramLabel = "DELIVERY", arity = "0..1") @Nullable String delivery,
            @Option(names = "--since", description = "A time such as 2026-01-31T08:00:00Z.") @Nullable String since,
            @Option(names = "--endpoint", description = "Only deliveries to this endpoint.") @Nullable
                    String endpoint) {
        if ((delivery == null) == (since == null)) {
            output.err().println("latchkey: name a delivery, or a time by --since.");
            return 2;
        }
        if (delivery != null) {
            JsonNode made = server.open()
                    .post(
                            "/environment/webhook-deliveries/" + encoded(delivery) + "/replay",
                            Json.MAPPER.createObjectNode());
            output.done("It is being sent again.", made);
            return 0;
        }
        ObjectNode body = Json.MAPPER.createObjectNode().put("since", since);
        if (endpoint != null) {
            body.put("endpoint_id", endpoint);
        }
        JsonNode made = server.open().post("/environment/webhook-deliveries/replay", body);
        output.done(
                made.at("/data/replayed").asInt() + " deliveries are being sent again"
                        + (made.at("/data/continues").asBoolean() ? ", and more will follow." : "."),
                made);
        return 0;
    }
}
