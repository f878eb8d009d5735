package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.qr.QrCode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey sessions}. */
@Command(
        name = "sessions",
        description = "Permission for one user to connect.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class SessionsCommand {
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    @Command(
            name = "create",
            description = "Print a connect link and its QR code, and wait until the user has connected.",
            mixinStandardHelpOptions = true)
    int create(
            @Mixin ServerOptions server,
            @Mixin Output output,
            @Option(
                            names = {"-u", "--user"},
                            paramLabel = "ID",
                            required = true,
                            description = "Your user's id.")
                    String user,
            @Option(
                            names = {"-i", "--integration"},
                            paramLabel = "KEY",
                            description = "Only these integrations.")
                    @Nullable
                    List<String> integrations,
            @Option(names = "--no-wait", description = "Print the link and exit.") boolean noWait,
            @Option(
                            names = "--timeout",
                            paramLabel = "SECONDS",
                            description = "How long to wait; a session lasts 1800 (the default).",
                            defaultValue = "1800")
                    int timeout) {
        ServerApi api = server.open();
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.putObject("end_user").put("id", user);
        if (integrations != null) {
            integrations.forEach(body.putArray("allowed_integrations")::add);
        }
        // Before the session: existing connections are not the one waited for.
        Map<String, String> before = noWait ? Map.of() : changes(api, user);
        JsonNode session = api.post("/connect/sessions", body).path("data");
        String link = session.path("connect_link").asString();
        if (output.isJson()) {
            output.show(session);
        } else {
            output.out().println(link);
            output.out().println();
            output.out().print(QrCode.of(link).terminal());
            output.out().flush();
        }
        if (noWait) {
            return 0;
        }
        output.err().println("Waiting until " + user + " has connected (Ctrl-C ends the waiting, not the session) ...");
        output.err().flush();
        Optional<String> connected = await(api, user, before, Duration.ofSeconds(timeout));
        connected.ifPresentOrElse(
                name -> output.done(
                        "Connected: " + name, Json.MAPPER.createObjectNode().put("connected", name)),
                () -> output.err().println("No user connected in time."));
        return connected.isPresent() ? 0 : 1;
    }

    private static Optional<String> await(ServerApi api, String user, Map<String, String> before, Duration patience) {
        Instant limit = Instant.now().plus(patience);
        while (Instant.now().isBefore(limit)) {
            Optional<String> found = changes(api, user).entrySet().stream()
                    .filter(entry -> !entry.getValue().equals(before.get(entry.getKey())))
                    .map(Map.Entry::getKey)
                    .findFirst();
            if (found.isPresent()) {
                return found;
            }
            pause();
        }
        return Optional.empty();
    }

    /** When each connection of the user was created, by integration and id. */
    private static Map<String, String> changes(ServerApi api, String user) {
        return api.get("/connections?endUserId=" + encoded(user)).path("connections").values().stream()
                .collect(java.util.stream.Collectors.toMap(
                        one -> one.path("provider_config_key").asString() + " "
                                + one.path("connection_id").asString(),
                        one -> one.path("created").asString()));
    }

    private static void pause() {
        try {
            boolean never = new CountDownLatch(1).await(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS);
            if (never) {
                throw new IllegalStateException("this latch is never counted down");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ServerApi.Refused(0, "interrupted", "Interrupted.");
        }
    }
}
