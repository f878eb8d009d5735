package dev.latchkey.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Connect sessions: permission for one user to connect, for half an hour. Every method throws {@link LatchkeyException}. Thread-safe. */
public final class Sessions {
    private static final Duration FIRST_LOOK = Duration.ofMillis(500);
    private static final Duration RAREST_LOOK = Duration.ofSeconds(3);

    private final Api api;
    private final TokenCache tokens;

    Sessions(Api api, TokenCache tokens) {
        this.api = api;
        this.tokens = tokens;
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
        return create(user, integrations, ConnectOptions.none());
    }

    /**
     * The same, with options.
     *
     * <pre>{@code
     * CodeVerifier verifier = CodeVerifier.random();
     * ConnectSession session = latchkey.sessions().create(EndUser.of("user-42"), List.of("github"),
     *         ConnectOptions.none().withVerifier(verifier));
     * }</pre>
     *
     * @throws LatchkeyException.Refused when an integration is unknown, or an option is refused
     */
    public ConnectSession create(EndUser user, List<String> integrations, ConnectOptions options) {
        return api.read(creating(user, integrations, Optional.empty(), options), Sessions::session);
    }

    /**
     * The same, with your name for the connection that it makes.
     *
     * <pre>{@code
     * ConnectSession session = latchkey.sessions().create(EndUser.of("user-42"), List.of("github"), "user-42-github",
     *         ConnectOptions.none());
     * }</pre>
     *
     * @throws LatchkeyException.Refused when the name is one that no connection can have, or is taken
     */
    public ConnectSession create(EndUser user, List<String> integrations, String connectionId, ConnectOptions options) {
        return api.read(creating(user, integrations, Optional.of(connectionId), options), Sessions::session);
    }

    static ApiRequest creating(
            EndUser user, List<String> integrations, Optional<String> connectionId, ConnectOptions options) {
        Members body = options.endUser().orElse(user).addTo(new Members());
        if (!integrations.isEmpty()) {
            body.put("allowed_integrations", integrations);
        }
        body.put("connection_id", connectionId);
        return ApiRequest.of("POST", "/connect/sessions")
                .withBody(options.addTo(body, integrations, false).map());
    }

    static ApiRequest reconnecting(String integration, String connectionId, ConnectOptions options) {
        Members body = new Members().put("connection_id", connectionId).put("integration_id", integration);
        options.endUser().ifPresent(user -> user.addTo(body));
        return ApiRequest.of("POST", "/connect/sessions/reconnect")
                .withBody(options.addTo(body, List.of(integration), true).map());
    }

    static ConnectSession session(Json json) {
        return new ConnectSession(json.get("data"));
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
        ApiRequest request = ApiRequest.of("POST", "/connect/sessions/finish")
                .withBody(new Members()
                        .put("connection_id", handle)
                        .put("code_verifier", verifier.value())
                        .map());
        return api.read(request, json -> {
            String connectionId = Required.text(json.get("data"), "connection_id");
            tokens.replaced(Required.text(json.get("data"), "provider_config_key"), connectionId);
            return connectionId;
        });
    }

    /**
     * To authorize an existing connection again: it keeps its id, metadata and tags.
     *
     * <pre>{@code
     * URI page = latchkey.sessions().reconnect("github", "user-42").link();
     * }</pre>
     *
     * @throws LatchkeyException.Refused when there is no such connection
     */
    public ConnectSession reconnect(String integration, String connectionId) {
        return reconnect(integration, connectionId, ConnectOptions.none());
    }

    /**
     * The same, with options.
     *
     * <pre>{@code
     * URI page = latchkey.sessions().reconnect("github", "user-42", ConnectOptions.none().withSameAccount()).link();
     * }</pre>
     */
    public ConnectSession reconnect(String integration, String connectionId, ConnectOptions options) {
        tokens.reauthorizing(integration, connectionId);
        return api.read(reconnecting(integration, connectionId, options), Sessions::session);
    }

    /**
     * Waits until the session's user has connected; for command lines and tests, where no webhook arrives. A user who is refused may
     * try again until then.
     *
     * <pre>{@code
     * AuthorizationLink link = latchkey.authorize("github", "user-42", ConnectOptions.none());
     * System.out.println("Open " + link.url());
     * Connected connected = latchkey.sessions().awaitConnected(link.session(), Duration.ofMinutes(5));
     * }</pre>
     *
     * @throws LatchkeyException.NotConnected when the time is over, or the session ended; with the last refusal, if there was one
     */
    public Connected awaitConnected(ConnectSession session, Duration time) {
        long end = System.nanoTime() + Settings.positive("the time", time).toNanos();
        Duration pause = FIRST_LOOK;
        String last = "The user did not come back yet.";
        while (true) {
            Json outcome = outcome(session);
            String integration = outcome.get("provider_config_key").text().orElse("");
            boolean pending = outcome.get("is_pending").isTrue();
            if (pending || outcome.get("connection_id").exists()) {
                String connectionId = outcome.get("connection_id").text().orElse("");
                tokens.replaced(integration, connectionId);
                return new Connected(integration, connectionId, pending);
            }
            last = outcome.get("error_desc").text().orElse(last);
            long left = end - System.nanoTime();
            if (left <= 0) {
                throw new LatchkeyException.NotConnected("Nothing was connected in " + time + ". " + last);
            }
            Transport.join(api.transport.waiting.await(Duration.ofNanos(Math.min(left, pause.toNanos()))));
            pause = pause.multipliedBy(2).compareTo(RAREST_LOOK) > 0 ? RAREST_LOOK : pause.multipliedBy(2);
        }
    }

    private Json outcome(ConnectSession session) {
        Api asUser = new Api(api.settings, api.options.withSecretKey(session.token()), api.transport);
        try {
            return asUser.read(
                    ApiRequest.get("/connect/session"),
                    json -> Required.object(json, "data").get("outcome"));
        } catch (LatchkeyException.Unauthorized e) {
            throw new LatchkeyException.NotConnected(
                    "The session ended: " + e.failure().message());
        }
    }

    /**
     * Ends a session before its time: its links stop working.
     *
     * <pre>{@code
     * ConnectSession session = latchkey.sessions().create(EndUser.of("user-42"), List.of("github"));
     * latchkey.sessions().end(session);
     * }</pre>
     */
    public void end(ConnectSession session) {
        Api asUser = new Api(api.settings, api.options.withSecretKey(session.token()), api.transport);
        asUser.done(ApiRequest.of("DELETE", "/connect/session"));
    }
}
