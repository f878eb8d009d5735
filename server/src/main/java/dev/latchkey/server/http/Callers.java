package dev.latchkey.server.http;

import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.PausedException;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.json.Ids;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.regex.Pattern;

/** Finds who sent a request: the backend whose key it has, or the end user whose session. Thread-safe. */
public final class Callers {
    private static final String TOKEN = "connect_session_token";
    private static final Pattern SESSION = Pattern.compile(ConnectSessions.PREFIX + "[0-9a-f]{64}");

    private final Doors doors;
    private final Authentication keys;
    private final ConnectSessions sessions;
    private final Function<UUID, Optional<Environment>> environments;

    public Callers(
            Doors doors,
            Authentication keys,
            ConnectSessions sessions,
            Function<UUID, Optional<Environment>> environments) {
        this.doors = doors;
        this.keys = keys;
        this.sessions = sessions;
        this.environments = environments;
    }

    Caller.Backend backend(String key, ServerRequest request) {
        Caller.Backend caller = keys.backend(key, request);
        doors.opened(key);
        return caller;
    }

    /** @throws ApiError 401 */
    Caller.EndUser endUser(String token) {
        if (!SESSION.matcher(token).matches()) {
            throw ApiError.unauthorized(
                    "invalid_connect_session_token_format",
                    "A connect session's token is " + ConnectSessions.PREFIX + " and 64 hexadecimal digits.");
        }
        ConnectSession session = sessions.find(token)
                .orElseThrow(() -> ApiError.unauthorized(
                        "unknown_connect_session_token",
                        "The connect session is unknown, deleted or older than 30 minutes; create a new one."));
        return new Caller.EndUser(environments.apply(session.environment()).orElseThrow(), session);
    }

    Caller.Backend backend(ServerRequest request) {
        return backend(bearer(request), request);
    }

    /**
     * The end user of a flow. Only the backend names the connection: a user who could choose the name might take one that the product
     * intends for another, or learn which names exist.
     *
     * @throws ApiError 401; 400 {@code invalid_query_params} if a name is given
     */
    public Caller.EndUser endUserByQuery(ServerRequest request) {
        // Given twice, it is no token.
        String token = request.query().contains(TOKEN)
                ? String.join(",", request.query().all(TOKEN))
                : "";
        if (token.isEmpty()) {
            String publicKey = first(request, "public_key");
            if (!publicKey.isEmpty() && Ids.parse(publicKey).isEmpty()) {
                throw ApiError.unauthorized("invalid_secret_key_format", "A public key of Nango is a UUID.");
            }
            if (!publicKey.isEmpty()) {
                throw ApiError.unauthorized(
                        "unknown_account",
                        "There are no public keys here; POST /connect/sessions creates a token instead.");
            }
            throw ApiError.unauthorized(
                    "missing_public_key",
                    "Give the session's token as the parameter connect_session_token; POST /connect/sessions creates one.");
        }
        Caller.EndUser user = endUser(token);
        if (request.query().contains("connection_id")) {
            throw ApiError.invalid(
                    "invalid_query_params",
                    List.of(new ApiError.Detail(
                            "custom",
                            "'connection_id' is not allowed with a session token; your backend names the connection by POST"
                                    + " /connect/sessions {\"connection_id\": ...}",
                            List.of("connection_id"))));
        }
        return user;
    }

    public boolean isEnvironment(UUID id) {
        return environments.apply(id).isPresent();
    }

    private static String first(ServerRequest request, String name) {
        return request.query().contains(name) ? request.query().get(name) : "";
    }

    /** Whether the key of a running call still grants access to it. */
    public boolean stillMay(Router.Call call, String scope) {
        try {
            Caller.Backend caller = backend(call.request());
            caller.actor().require(caller.environment().id(), scope);
            caller.environment().requireRunning();
            return caller.environment().id().equals(call.environmentId());
        } catch (ApiError | ForbiddenException | PausedException e) {
            return false;
        }
    }

    /** @throws ApiError 401 if there is none */
    static String bearer(ServerRequest request) {
        Optional<String> header = request.headers().first(HeaderNames.AUTHORIZATION);
        if (header.isEmpty()) {
            throw ApiError.unauthorized("missing_auth_header", "Send the secret key as Authorization: Bearer KEY.");
        }
        String[] words = header.get().strip().split(" +");
        // Clients of Nango may send the key alone.
        if (words.length == 1 && !words[0].equalsIgnoreCase("bearer") && !words[0].isEmpty()) {
            return words[0];
        }
        if (words.length != 2 || !words[0].equalsIgnoreCase("bearer")) {
            throw ApiError.unauthorized("malformed_auth_header", "The header must read Authorization: Bearer KEY.");
        }
        return words[1];
    }
}
