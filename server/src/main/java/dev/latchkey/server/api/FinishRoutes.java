package dev.latchkey.server.api;

import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Body;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.json.Json;
import io.helidon.http.Method;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** The proof that the user who connected is the one who began: a challenge on the session, and {@code /connect/sessions/finish}. */
public final class FinishRoutes {
    private final PendingConnections pending;

    public FinishRoutes(PendingConnections pending) {
        this.pending = pending;
    }

    public void register(Router router) {
        router.backend(Method.POST, "/connect/sessions/finish", "environment:connect_sessions:write", this::finish)
                .unaudited("the end of what a user began: the connection that comes of it is in the timeline");
    }

    /** For a new session (RFC 7636 section 4.3). */
    static Optional<String> challenge(Body body) {
        Optional<String> given = body.text("code_challenge");
        given.ifPresent(challenge -> {
            if (!PendingConnections.isChallenge(challenge)) {
                body.problem(
                        "invalid_format",
                        "must be the SHA-256 of the verifier in base64url without padding: 43 characters (RFC 7636)",
                        "code_challenge");
            }
        });
        body.text("code_challenge_method").ifPresent(method -> {
            if (!method.equals("S256") || !body.has("code_challenge")) {
                body.problem("invalid_value", "must be S256, and come with code_challenge", "code_challenge_method");
            }
        });
        return given;
    }

    private Router.Response finish(Router.Call call) {
        Body body = call.withoutQuery().body();
        String handle = body.required("connection_id");
        String verifier = body.required("code_verifier");
        if (body.has("code_verifier") && !PendingConnections.isVerifier(verifier)) {
            body.problem(
                    "invalid_format", "must have 43 to 128 letters, digits and - . _ ~ (RFC 7636)", "code_verifier");
        }
        body.end();
        return switch (pending.finish(call.environmentId(), handle, verifier)) {
            case PendingConnections.Finish.Done done -> {
                ObjectNode json = Json.MAPPER.createObjectNode();
                json.putObject("data")
                        .put("connection_id", done.connection().name())
                        .put("provider_config_key", done.connection().integrationKey());
                yield Router.Response.ok(json);
            }
            case PendingConnections.Finish.Unknown unknown ->
                throw ApiError.notFound(
                        "No connection is waiting with this connection_id: it was finished already, or not within ten minutes.");
            case PendingConnections.Finish.WrongVerifier wrong ->
                throw ApiError.of(
                        400,
                        "invalid_code_verifier",
                        "This is not the verifier of the session's code_challenge: another session made this connection. "
                                + (wrong.left() == 0
                                        ? "It has been dropped."
                                        : "Attempts left: " + wrong.left() + "."));
            case PendingConnections.Finish.NameTaken taken ->
                throw ApiError.of(
                        409,
                        "connection_exists",
                        "Another connection has taken this session's connection_id; connect again with a reconnect session.");
        };
    }
}
