package dev.latchkey.client;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import tools.jackson.databind.JsonNode;

/** Reads the server's JSON into records. Unknown members are ignored: the server may be newer. */
final class Answers {
    private Answers() {}

    static Connection connection(JsonNode json) {
        return new Connection(
                text(json, "connection_id"),
                text(json, "provider_config_key"),
                text(json, "provider"),
                CredentialsJson.read(json.path("credentials")),
                some(json, "end_user").map(Answers::endUser),
                texts(json.path("tags")),
                json.path("metadata"),
                json.path("connection_config"),
                failing(json),
                new Connection.Times(time(json, "created_at"), time(json, "updated_at")));
    }

    static ConnectionSummary summary(JsonNode json) {
        return new ConnectionSummary(
                text(json, "connection_id"),
                text(json, "provider_config_key"),
                text(json, "provider"),
                some(json, "end_user").map(Answers::endUser),
                texts(json.path("tags")),
                json.path("metadata"),
                failing(json),
                time(json, "created"));
    }

    private static boolean failing(JsonNode json) {
        return !json.path("errors").isEmpty();
    }

    static EndUser endUser(JsonNode json) {
        return new EndUser(
                text(json, "id"),
                optional(json, "email"),
                optional(json, "display_name"),
                texts(json.path("tags")),
                some(json, "organization").map(one -> text(one, "id")));
    }

    static Integration integration(JsonNode json) {
        return new Integration(
                text(json, "unique_key"),
                text(json, "provider"),
                text(json, "display_name"),
                json.path("own_provider").asBoolean(false),
                json.path("forward_webhooks").asBoolean(true),
                time(json, "created_at"),
                time(json, "updated_at"));
    }

    static OwnProvider provider(JsonNode json) {
        return new OwnProvider(text(json, "name"), text(json, "display_name"), text(json, "auth_mode"));
    }

    static ConnectSession session(JsonNode json) {
        return new ConnectSession(
                text(json, "token"), java.net.URI.create(text(json, "connect_link")), time(json, "expires_at"));
    }

    static <T> List<T> list(JsonNode array, Function<JsonNode, T> read) {
        List<T> found = new ArrayList<>();
        array.forEach(one -> found.add(read.apply(one)));
        return List.copyOf(found);
    }

    /** Empty text where it is missing. */
    static String text(JsonNode json, String name) {
        return optional(json, name).orElse("");
    }

    static Optional<String> optional(JsonNode json, String name) {
        return some(json, name).filter(JsonNode::isValueNode).map(JsonNode::asString);
    }

    static Optional<JsonNode> some(JsonNode json, String name) {
        return Optional.ofNullable(json.get(name)).filter(node -> !node.isNull());
    }

    static Map<String, String> texts(JsonNode object) {
        Map<String, String> found = new LinkedHashMap<>();
        object.properties()
                .forEach(entry -> found.put(entry.getKey(), entry.getValue().asString()));
        return java.util.Collections.unmodifiableMap(found);
    }

    /** The epoch where it is missing. */
    static Instant time(JsonNode json, String name) {
        return optional(json, name).map(Answers::instant).orElse(Instant.EPOCH);
    }

    static Instant instant(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new LatchkeyException.Unreachable("The server returned an invalid time.", e);
        }
    }
}
