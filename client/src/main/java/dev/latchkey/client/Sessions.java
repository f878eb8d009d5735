package dev.latchkey.client;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Connect sessions: leave for one user to connect, for half an hour. Thread-safe. */
public final class Sessions {
    private final Api api;

    Sessions(Api api) {
        this.api = api;
    }

    /**
     * For a user who may connect these integrations.
     *
     * <pre>{@code
     * ConnectSession session = latchkey.sessions().create(EndUser.of("user-42"), List.of("github", "slack"));
     * }</pre>
     *
     * @param integrations their keys; empty: all
     * @throws LatchkeyException.Refused when an integration is unknown
     */
    public ConnectSession create(EndUser user, List<String> integrations) {
        return create(body(user, integrations));
    }

    /**
     * The same, with your name for the connection that it makes.
     *
     * <pre>{@code
     * ConnectSession session = latchkey.sessions().create(EndUser.of("user-42"), List.of("github"), "user-42-github");
     * }</pre>
     *
     * @throws LatchkeyException.Refused when the name cannot be one
     */
    public ConnectSession create(EndUser user, List<String> integrations, String connectionId) {
        return create(body(user, integrations).put("connection_id", connectionId));
    }

    private ConnectSession create(ObjectNode body) {
        return Answers.session(api.post("/connect/sessions", body).path("data"));
    }

    private static ObjectNode body(EndUser user, List<String> integrations) {
        ObjectNode body = Api.JSON.createObjectNode();
        body.set("end_user", Requests.endUser(user));
        user.organizationId().ifPresent(id -> body.putObject("organization").put("id", id));
        if (!integrations.isEmpty()) {
            integrations.forEach(body.putArray("allowed_integrations")::add);
        }
        return body;
    }

    /**
     * To authorize an existing connection again: it keeps its id, metadata and tags.
     *
     * <pre>{@code
     * URI page = latchkey.sessions().reconnect("github", "user-42").link();
     * }</pre>
     */
    public ConnectSession reconnect(String integration, String connectionId) {
        ObjectNode body =
                Api.JSON.createObjectNode().put("connection_id", connectionId).put("integration_id", integration);
        return Answers.session(api.post("/connect/sessions/reconnect", body).path("data"));
    }
}
