package dev.latchkey.client;

import java.util.List;
import tools.jackson.databind.node.ObjectNode;

/** Connect sessions: permission for one user to connect, for half an hour. Thread-safe. */
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
     * @throws LatchkeyException.Refused when the name is invalid
     */
    public ConnectSession create(EndUser user, List<String> integrations, String connectionId) {
        return create(body(user, integrations).put("connection_id", connectionId));
    }

    /**
     * The same, with proof: the connection does not exist until {@link #finish} shows the verifier. So another person who follows the
     * link of one user's session connects nothing.
     *
     * <pre>{@code
     * CodeVerifier verifier = CodeVerifier.random();
     * ConnectSession session = latchkey.sessions().create(EndUser.of("user-42"), List.of("github"), verifier);
     * }</pre>
     *
     * @param verifier which you keep with your user's own session
     * @throws LatchkeyException.Refused when an integration is unknown
     */
    public ConnectSession create(EndUser user, List<String> integrations, CodeVerifier verifier) {
        return create(challenged(body(user, integrations), verifier));
    }

    /**
     * Creates the connection of a session with a {@link CodeVerifier}, or replaces the credential of the one that was
     * authorized again. Call it where your user's browser comes back, with the verifier of <em>that</em> browser's session: within ten
     * minutes, once.
     *
     * <pre>{@code
     * String handle = "…"; // the connection_id that your page or your return URL got
     * String kept = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"; // from your user's session
     * String connectionId = latchkey.sessions().finish(handle, new CodeVerifier(kept));
     * }</pre>
     *
     * @param handle the connection id that the browser brought
     * @return the connection's id
     * @throws LatchkeyException.Refused {@code invalid_code_verifier} when another session connected it
     * @throws LatchkeyException.NotFound when nothing waits under this handle
     */
    public String finish(String handle, CodeVerifier verifier) {
        ObjectNode body =
                Api.JSON.createObjectNode().put("connection_id", handle).put("code_verifier", verifier.value());
        return api.post("/connect/sessions/finish", body)
                .path("data")
                .path("connection_id")
                .asString();
    }

    private static ObjectNode challenged(ObjectNode body, CodeVerifier verifier) {
        return body.put("code_challenge", verifier.challenge()).put("code_challenge_method", "S256");
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
        return reconnect(existing(integration, connectionId));
    }

    /**
     * The same, with proof: the connection keeps its credential until {@link #finish} shows the verifier.
     *
     * <pre>{@code
     * CodeVerifier verifier = CodeVerifier.random();
     * URI page = latchkey.sessions().reconnect("github", "user-42", verifier).link();
     * }</pre>
     */
    public ConnectSession reconnect(String integration, String connectionId, CodeVerifier verifier) {
        return reconnect(challenged(existing(integration, connectionId), verifier));
    }

    private ConnectSession reconnect(ObjectNode body) {
        return Answers.session(api.post("/connect/sessions/reconnect", body).path("data"));
    }

    private static ObjectNode existing(String integration, String connectionId) {
        return Api.JSON.createObjectNode().put("connection_id", connectionId).put("integration_id", integration);
    }
}
