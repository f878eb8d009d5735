package dev.latchkey.server.api;

import dev.latchkey.server.connections.ConnectionIds;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.integrations.Integrations;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The metadata of connections, which a product sets for itself. */
final class MetadataRoutes {
    private final Connections connections;
    private final Integrations integrations;

    MetadataRoutes(Connections connections, Integrations integrations) {
        this.connections = connections;
        this.integrations = integrations;
    }

    /** @param base the path of connections */
    void register(Router router, String base) {
        router.backend(
                Method.POST, base + "/metadata", "environment:connections:update", call -> metadata(call, false));
        router.backend(
                Method.PATCH, base + "/metadata", "environment:connections:update", call -> metadata(call, true));
        router.backend(
                Method.POST,
                base + "/{id}/metadata",
                "environment:connections:update",
                call -> legacyMetadata(call, false));
        router.backend(
                Method.PATCH,
                base + "/{id}/metadata",
                "environment:connections:update",
                call -> legacyMetadata(call, true));
    }

    private Router.Response metadata(Router.Call call, boolean merge) {
        Body body = call.withoutQuery().body();
        String key = body.required("provider_config_key");
        List<String> names = body.has("connection_id")
                        && body.json().get("connection_id").isString()
                ? List.of(body.required("connection_id"))
                : new ArrayList<>(body.texts("connection_id").orElseGet(() -> List.of(body.required("connection_id"))));
        if (names.isEmpty()) {
            body.problem("too_small", "list at least one", "connection_id");
        }
        if (!key.isEmpty() && !IntegrationKeys.isAllowed(key)) {
            body.problem("invalid_format", IntegrationKeys.RULE, "provider_config_key");
        }
        if (names.stream().anyMatch(name -> !name.isEmpty() && !ConnectionIds.isAllowed(name))) {
            body.problem("invalid_format", ConnectionIds.RULE, "connection_id");
        }
        if (!body.has("metadata")) {
            body.problem("invalid_type", "'metadata' is required", "metadata");
        }
        Optional<ObjectNode> metadata = body.object("metadata");
        body.end();
        store(call, key, names, metadata.orElseThrow(), merge);
        return new Router.Response(merge ? 200 : 201, Optional.of(body.json()));
    }

    private Router.Response legacyMetadata(Router.Call call, boolean merge) {
        Query query = call.query();
        Optional<String> key = query.text("provider_config_key")
                .or(() -> call.request().headers().first(HeaderNames.create("Provider-Config-Key")));
        query.end();
        if (key.isEmpty()) {
            throw ApiError.invalid(
                    "invalid_query_params",
                    List.of(new ApiError.Detail(
                            "invalid_type", "'provider_config_key' is required", List.of("provider_config_key"))));
        }
        ObjectNode metadata = call.body().json();
        store(call, key.get(), List.of(call.connectionId()), metadata, merge);
        return new Router.Response(merge ? 200 : 201, Optional.of(metadata));
    }

    private void store(Router.Call call, String key, List<String> names, ObjectNode metadata, boolean merge) {
        Integration integration = integrations
                .find(call.environmentId(), key)
                .orElseThrow(() -> ApiError.of(
                        404, "unknown_connection", "There is no integration with this provider_config_key."));
        List<String> missing = connections.metadata(call.actor(), integration, names, metadata, merge);
        if (!missing.isEmpty()) {
            throw ApiError.of(
                    404,
                    "unknown_connection",
                    missing.size() + " of these connections do not exist; nothing was changed.");
        }
    }
}
