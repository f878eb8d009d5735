package dev.latchkey.server.commands;

import static dev.latchkey.server.commands.ServerApi.encoded;

import dev.latchkey.server.json.Json;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code latchkey keys}. */
@Command(
        name = "keys",
        description = "The environment's secret keys.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND")
final class KeysCommand {
    private static final String PATH = "/environment/api-keys";

    /** Of which environment; a key of the account may choose. */
    static final class OfEnvironment {
        @Option(
                names = {"-e", "--environment"},
                paramLabel = "NAME",
                description = "The environment, with an account key (LATCHKEY_ACCOUNT_KEY); otherwise the key's own.")
        private @Nullable String name;

        /** An unknown name is sent unchanged: the server reports what is wrong with it. */
        Optional<String> id(ServerApi server) {
            return Optional.ofNullable(name)
                    .map(wanted -> server.get("/environments").path("data").values().stream()
                            .filter(one -> one.path("name").asString("").equals(wanted))
                            .map(one -> one.path("id").asString())
                            .findFirst()
                            .orElse(wanted));
        }
    }

    /** Until when and from where it may be used. */
    static final class Limits {
        @Option(
                names = "--expires",
                paramLabel = "TIME",
                description = "The expiry, such as 2027-01-31T00:00:00Z; never: it does not expire.")
        private @Nullable String expires;

        @Option(
                names = "--allow",
                paramLabel = "ADDRESS",
                split = ",",
                description = "The only address or range that may use it, such as 203.0.113.0/24; any: no limit.")
        private @Nullable List<String> allowed;

        /** For a new key: no limit, which the API accepts only as an absent member. */
        void writeNew(ObjectNode body) {
            if (expires != null && !expires.equals("never")) {
                body.put("expires_at", expires);
            }
            if (allowed != null && !allowed.contains("any")) {
                allowed.forEach(body.putArray("allowed_addresses")::add);
            }
        }

        /** For an existing key: null and an empty list remove its limits. */
        void writeChange(ObjectNode body) {
            if (expires != null) {
                body.put("expires_at", expires.equals("never") ? null : expires);
            }
            if (allowed != null) {
                ArrayNode all = body.putArray("allowed_addresses");
                allowed.stream().filter(one -> !one.equals("any")).forEach(all::add);
            }
        }
    }

    @Command(name = "list", description = "List keys, without their text.", mixinStandardHelpOptions = true)
    int list(@Mixin ServerOptions options, @Mixin OfEnvironment environment, @Mixin Output output) {
        ServerApi server = options.openForKeys();
        output.table(
                server.get(PATH
                                + environment
                                        .id(server)
                                        .map(id -> "?environment_id=" + id)
                                        .orElse(""))
                        .path("data"),
                List.of("KEY", "NAME", "SCOPES", "CREATED", "EXPIRES", "LAST USED", "FROM", "PAUSED"),
                List.of(
                        "id",
                        "name",
                        "scopes",
                        "created_at",
                        "expires_at",
                        "last_used_at",
                        "last_used_from",
                        "paused.reason"));
        return 0;
    }

    /** Only the key goes to standard output, so that a script can capture it. */
    @Command(
            name = "create",
            description = "Create a key and print it; it is never shown again.",
            mixinStandardHelpOptions = true)
    int create(
            @Mixin ServerOptions options,
            @Mixin OfEnvironment environment,
            @Mixin Output output,
            @Mixin Limits limits,
            @Parameters(paramLabel = "NAME", description = "What it is for.") String name,
            @Option(
                            names = {"-s", "--scope"},
                            paramLabel = "SCOPE",
                            split = ",",
                            description =
                                    "What it may do, such as environment:connections:read; by default everything in the environment.")
                    @Nullable
                    List<String> scopes) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("name", name);
        if (scopes != null) {
            scopes.forEach(body.putArray("scopes")::add);
        }
        limits.writeNew(body);
        ServerApi server = options.openForKeys();
        environment.id(server).ifPresent(id -> body.put("environment_id", id));
        JsonNode made = server.post(PATH, body).path("data");
        output.done(made.path("secret_key").asString(), made);
        if (!output.isJson()) {
            output.err()
                    .println("Key " + made.path("id").asString() + " is shown only now; `latchkey keys revoke "
                            + made.path("id").asString() + "` ends it.");
        }
        return 0;
    }

    @Command(name = "revoke", description = "Revoke a key at once.", mixinStandardHelpOptions = true)
    int revoke(
            @Mixin ServerOptions options,
            @Mixin OfEnvironment environment,
            @Mixin Output output,
            @Parameters(paramLabel = "KEY", description = "Its id (latchkey keys list).") String id) {
        ServerApi server = options.openForKeys();
        ObjectNode body = Json.MAPPER.createObjectNode().put("id", id);
        environment.id(server).ifPresent(named -> body.put("environment_id", named));
        output.done(id + " opens nothing any more.", server.call("DELETE", PATH, Optional.of(body)));
        return 0;
    }

    /** Options that are absent change nothing. */
    @Command(
            name = "change",
            description = "Change until when and from where a key may be used.",
            mixinStandardHelpOptions = true)
    int change(
            @Mixin ServerOptions options,
            @Mixin OfEnvironment environment,
            @Mixin Output output,
            @Mixin Limits limits,
            @Parameters(paramLabel = "KEY", description = "Its id (latchkey keys list).") String id) {
        ServerApi server = options.openForKeys();
        ObjectNode body = Json.MAPPER.createObjectNode();
        limits.writeChange(body);
        environment.id(server).ifPresent(named -> body.put("environment_id", named));
        output.done(id + " is changed.", server.call("PATCH", PATH + "/" + encoded(id), Optional.of(body)));
        return 0;
    }

    @Command(name = "pause", description = "Refuse a key until it is resumed.", mixinStandardHelpOptions = true)
    int pause(
            @Mixin ServerOptions options,
            @Mixin OfEnvironment environment,
            @Mixin Output output,
            @Parameters(paramLabel = "KEY", description = "Its id (latchkey keys list).") String id,
            @Option(
                            names = "--reason",
                            paramLabel = "TEXT",
                            required = true,
                            description = "The reason, which refused callers see.")
                    String reason) {
        ServerApi server = options.openForKeys();
        ObjectNode body = Json.MAPPER.createObjectNode().put("reason", reason);
        environment.id(server).ifPresent(named -> body.put("environment_id", named));
        output.done(id + " is paused.", server.post(PATH + "/" + encoded(id) + "/pause", body));
        return 0;
    }

    @Command(name = "resume", description = "Allow a paused key's use again.", mixinStandardHelpOptions = true)
    int resume(
            @Mixin ServerOptions options,
            @Mixin OfEnvironment environment,
            @Mixin Output output,
            @Parameters(paramLabel = "KEY", description = "Its id (latchkey keys list).") String id) {
        ServerApi server = options.openForKeys();
        ObjectNode body = Json.MAPPER.createObjectNode();
        environment.id(server).ifPresent(named -> body.put("environment_id", named));
        output.done(id + " is resumed.", server.post(PATH + "/" + encoded(id) + "/resume", body));
        return 0;
    }
}
