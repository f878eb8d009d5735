package dev.latchkey.server.http;

import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.PausedException;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.integrations.IntegrationGoneException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Nul;
import dev.latchkey.server.logs.Activity;
import dev.latchkey.server.refresh.StoppingException;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.UnreadableRowException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Declares routes: each with the scope that a key must have, deny by default. Authenticates, reads the body, responds, and maps every
 * failure in one place.
 */
public final class Router {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);
    public static final ApiError BUSY = ApiError.busy("The server is busy; retry in a second.");

    /** The caller. */
    public sealed interface Caller {
        public Environment environment();

        public Actor actor();

        /** @param actor the key, whose rights an operation checks */
        record Backend(Environment environment, Actor.Key actor) implements Caller {
            public boolean may(String scope) {
                return actor.may(environment.id(), scope);
            }
        }

        record EndUser(Environment environment, ConnectSession session) implements Caller {
            @Override
            public Actor actor() {
                return new Actor.EndUser(
                        environment.id(),
                        session.endUser().map(dev.latchkey.server.connections.Connection.EndUser::id));
            }
        }
    }

    /** One request with its caller. */
    public record Call(ServerRequest request, Caller caller) {
        public Query query() {
            return new Query(request.query());
        }

        public String path(String name) {
            return request.path().pathParameters().get(name);
        }

        public Environment environment() {
            return caller.environment();
        }

        public UUID environmentId() {
            return caller.environment().id();
        }

        /** Reads a body without using it: an unread one costs the caller its connection. */
        public void discardBody() {
            BoundedBody.discard(request);
        }

        public Body body() {
            return Body.of(Router.object(request, isOfStranger() ? BoundedBody.OF_STRANGERS : BoundedBody.LARGEST));
        }

        /** An end user with a session's token, which every visitor of the product can have. */
        private boolean isOfStranger() {
            return caller instanceof Caller.EndUser;
        }

        /** The actor, whose rights an operation of the domain checks. */
        public Actor actor() {
            return caller.actor();
        }

        public boolean may(String scope) {
            return actor().may(environmentId(), scope);
        }
    }

    /** @param body absent: nothing is sent */
    public record Answer(int status, Optional<JsonNode> body) {
        public static Answer ok(JsonNode body) {
            return new Answer(200, Optional.of(body));
        }

        public static Answer created(JsonNode body) {
            return new Answer(201, Optional.of(body));
        }
    }

    /** Responds, or throws {@link ApiError}. */
    @FunctionalInterface
    public interface Handler {
        Answer handle(Call call);
    }

    /** Responds, or throws {@link ApiError}. */
    @FunctionalInterface
    public interface StreamingHandler {
        void handle(Call call, ServerResponse response);
    }

    /** The authentication of a route. */
    public enum OpenTo {
        KEY,
        KEY_AND_SESSION,
        /** With a session's token as Bearer. */
        SESSION,
        /** With a session's token as the query parameter of a flow. */
        FLOW
    }

    /**
     * @param scope that a key must have; empty for routes that accept only a session's token
     * @param unaudited why its changes are not in the audit log; also empty for routes that only read
     */
    public record Declared(
            String method, String path, Optional<String> scope, OpenTo openTo, Optional<String> unaudited) {
        public Declared(String method, String path, Optional<String> scope, OpenTo openTo) {
            this(method, path, scope, openTo, Optional.empty());
        }
    }

    /** A route right after it was declared. */
    public final class Entry {
        private final int index = declared.size() - 1;

        /** Its changes are not in the audit log, unlike those of every other route for keys. */
        public void unaudited(String reason) {
            Declared route = declared.get(index);
            declared.set(
                    index,
                    new Declared(route.method(), route.path(), route.scope(), route.openTo(), Optional.of(reason)));
        }
    }

    private final List<Declared> declared = new ArrayList<>();
    private final Doors doors;
    /** For keys, and for sessions in place of keys. */
    private final HttpRules keyed;
    /** For an end user's browser. */
    private final HttpRules flows;

    private final Authentication keys;
    private final ConnectSessions sessions;
    private final java.util.function.Function<UUID, Optional<Environment>> environments;
    private final Activity activity;

    public Router(
            Doors doors,
            Authentication keys,
            ConnectSessions sessions,
            java.util.function.Function<UUID, Optional<Environment>> environments,
            Activity activity) {
        this.activity = activity;
        this.doors = doors;
        this.keyed = doors.by(Limit.KEY);
        this.flows = doors.by(Limit.FLOW);
        this.keys = keys;
        this.sessions = sessions;
        this.environments = environments;
    }

    /** The routes declared so far, in order: those that the API's description must cover. */
    public List<Declared> declared() {
        return List.copyOf(declared);
    }

    /** For a backend whose key has the scope. */
    public Entry backend(Method method, String path, String scope, Handler handler) {
        return backend(method, path, scope, request -> true, handler);
    }

    /** As before, for requests that match; others fall through to a route declared later, with its own scope. */
    public Entry backend(Method method, String path, String scope, Predicate<ServerRequest> isAbout, Handler handler) {
        declared.add(new Declared(method.text(), path, Optional.of(scope), OpenTo.KEY));
        keyed.route(method, path, (request, response) -> {
            if (!isAbout.test(request)) {
                response.next();
                return;
            }
            answer(request, response, () -> {
                long start = System.nanoTime();
                Caller.Backend caller = backend(bearer(request), request);
                caller.actor().require(caller.environment().id(), scope);
                try {
                    return handler.handle(new Call(request, caller));
                } finally {
                    activity.latency(caller.environment().id(), java.time.Duration.ofNanos(System.nanoTime() - start));
                }
            });
        });
        return new Entry();
    }

    /** For a backend whose key has the scope, by any method; the handler sends the response itself, in its own time. */
    public Entry streaming(String path, String scope, StreamingHandler handler) {
        declared.add(new Declared("ANY", path, Optional.of(scope), OpenTo.KEY));
        keyed.any(path, streaming(scope, handler));
        return new Entry();
    }

    /** As before, by one method. */
    public void streaming(Method method, String path, String scope, StreamingHandler handler) {
        declared.add(new Declared(method.text(), path, Optional.of(scope), OpenTo.KEY));
        keyed.route(method, path, streaming(scope, handler));
    }

    private io.helidon.webserver.http.Handler streaming(String scope, StreamingHandler handler) {
        return (request, response) -> {
            try {
                Caller.Backend caller = backend(bearer(request), request);
                caller.actor().require(caller.environment().id(), scope);
                handler.handle(new Call(request, caller), response);
            } catch (CloseConnectionException e) {
                throw e;
            } catch (RuntimeException e) {
                answer(request, response, () -> {
                    throw e;
                });
            }
        };
    }

    /** Whether the key of a running call still grants access to it. */
    public boolean stillMay(Call call, String scope) {
        try {
            Caller.Backend caller = backend(bearer(call.request()), call.request());
            caller.actor().require(caller.environment().id(), scope);
            caller.environment().requireRunning();
            return caller.environment().id().equals(call.environmentId());
        } catch (ApiError | ForbiddenException | PausedException e) {
            return false;
        }
    }

    /** For a backend whose key has the scope, and for an end user with a connect session. */
    public void either(Method method, String path, String scope, Handler handler) {
        declared.add(new Declared(method.text(), path, Optional.of(scope), OpenTo.KEY_AND_SESSION));
        keyed.route(
                method,
                path,
                (request, response) -> answer(request, response, () -> {
                    String bearer = bearer(request);
                    if (bearer.startsWith(ConnectSessions.PREFIX)) {
                        return handler.handle(new Call(request, endUser(bearer)));
                    }
                    Caller.Backend caller = backend(bearer, request);
                    caller.actor().require(caller.environment().id(), scope);
                    return handler.handle(new Call(request, caller));
                }));
    }

    /** For an end user with a connect session as Bearer. */
    public void endUser(Method method, String path, Handler handler) {
        declared.add(new Declared(method.text(), path, Optional.empty(), OpenTo.SESSION));
        flows.route(
                method,
                path,
                (request, response) ->
                        answer(request, response, () -> handler.handle(new Call(request, endUser(bearer(request))))));
    }

    /** For an end user whose session token is the query parameter {@code connect_session_token}. */
    public void flow(Method method, String path, Handler handler) {
        declared.add(new Declared(method.text(), path, Optional.empty(), OpenTo.FLOW));
        flows.route(
                method,
                path,
                (request, response) ->
                        answer(request, response, () -> handler.handle(new Call(request, endUserByQuery(request)))));
    }

    /**
     * The end user of a flow. Only the backend names the connection: a user who could choose the name might take one that the product
     * intends for another, or learn which names exist.
     *
     * @throws ApiError 401; 400 {@code invalid_query_params} if a name is given
     */
    public Caller.EndUser endUserByQuery(ServerRequest request) {
        if (!request.query().contains("connect_session_token")) {
            throw ApiError.unauthorized(
                    "missing_public_key",
                    "Give the session's token as the parameter connect_session_token; POST /connect/sessions creates one.");
        }
        Caller.EndUser user = endUser(request.query().get("connect_session_token"));
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

    /** CORS for any origin, and the response for unknown routes. Registered last. */
    public void rest() {
        keyed.any((request, response) -> answer(request, response, () -> {
            if (request.prologue().method().equals(Method.OPTIONS)) {
                return new Answer(204, Optional.empty());
            }
            throw ApiError.notFound("There is no " + request.prologue().method() + " at this path.");
        }));
    }

    private Caller.Backend backend(String key, ServerRequest request) {
        Caller.Backend caller = keys.backend(key, request);
        doors.opened(key);
        return caller;
    }

    private Caller.EndUser endUser(String token) {
        ConnectSession session = Optional.of(token)
                .filter(text -> text.startsWith(ConnectSessions.PREFIX))
                .flatMap(sessions::find)
                .orElseThrow(() -> ApiError.unauthorized(
                        "unknown_connect_session_token",
                        "The connect session is unknown, deleted or older than 30 minutes; create a new one."));
        return new Caller.EndUser(environments.apply(session.environment()).orElseThrow(), session);
    }

    private static String bearer(ServerRequest request) {
        Optional<String> header = request.headers().first(HeaderNames.AUTHORIZATION);
        if (header.isEmpty()) {
            throw ApiError.unauthorized("missing_auth_header", "Send the secret key as Authorization: Bearer KEY.");
        }
        String[] words = header.get().strip().split(" +");
        if (words.length != 2 || !words[0].equalsIgnoreCase("bearer")) {
            throw ApiError.unauthorized("malformed_auth_header", "The header must read Authorization: Bearer KEY.");
        }
        return words[1];
    }

    private static ObjectNode object(ServerRequest request, int most) {
        byte[] bytes = BoundedBody.read(request, most);
        try {
            JsonNode json = bytes.length == 0 ? Json.MAPPER.createObjectNode() : Json.MAPPER.readTree(bytes);
            if (json instanceof ObjectNode object) {
                if (Nul.isIn(object)) {
                    throw ApiError.invalid(
                            "invalid_body",
                            List.of(new ApiError.Detail(
                                    "invalid_string", "a text or a name has a NUL character (U+0000)", List.of())));
                }
                return object;
            }
            throw ApiError.invalid(
                    "invalid_body",
                    List.of(new ApiError.Detail("invalid_type", "the body must be an object", List.of())));
        } catch (JacksonException e) {
            throw ApiError.of(400, "invalid_json", "The body is not JSON: " + words(e));
        }
    }

    /** What is wrong with JSON, without quoting it. */
    public static String words(JacksonException e) {
        return e.getOriginalMessage()
                .lines()
                .findFirst()
                .orElse("")
                .replaceAll("[^ -~]", "?")
                .replaceAll("'[^']*'", "'...'");
    }

    private void answer(ServerRequest request, ServerResponse response, java.util.function.Supplier<Answer> handler) {
        cors(response);
        Answer answer;
        try {
            answer = handler.get();
        } catch (ApiError e) {
            if (e.status() == 503) {
                response.header(HeaderNames.RETRY_AFTER, "1");
            }
            answer = new Answer(e.status(), Optional.of(e.body()));
        } catch (ForbiddenException e) {
            answer = new Answer(
                    403, Optional.of(ApiError.of(403, "forbidden", e.words()).body()));
        } catch (PausedException e) {
            answer = new Answer(423, Optional.of(PauseJson.error(e).body()));
        } catch (RequestException | CloseConnectionException e) {
            throw e;
        } catch (RuntimeException e) {
            answer = failed(request, response, e);
        }
        if (!ClientBody.isUnread(request)) {
            response.headers().remove(HeaderNames.CONNECTION);
        }
        response.status(Status.create(answer.status()));
        if (answer.body().isPresent()) {
            response.header(HeaderValues.CONTENT_TYPE_JSON);
            response.send(Json.MAPPER.writeValueAsBytes(answer.body().get()));
        } else {
            response.send();
        }
        if (answer.status() >= 400 && ClientBody.isUnread(request)) {
            // The server would read the rest of the body needlessly, however long it is.
            throw ClientConnections.current().ended("the request was refused before its body was read");
        }
    }

    /** An error outside of a declared route. */
    private static Answer failed(ServerRequest request, ServerResponse response, RuntimeException failure) {
        if (failure instanceof HeavyWork.BusyException) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            return new Answer(
                    503,
                    Optional.of(
                            ApiError.busy(String.valueOf(failure.getMessage())).body()));
        }
        if (failure instanceof StoppingException) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            return new Answer(
                    503,
                    Optional.of(ApiError.of(503, "stopping", "This server is stopping: send the request again.")
                            .body()));
        }
        if (failure instanceof UnreadableRowException unreadable) {
            return new Answer(424, Optional.of(ApiError.of(unreadable).body()));
        }
        if (failure instanceof IntegrationGoneException) {
            return new Answer(
                    404,
                    Optional.of(ApiError.notFound(String.valueOf(failure.getMessage()))
                            .body()));
        }
        if (Database.isBusyOrAway(failure)) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            return new Answer(503, Optional.of(BUSY.body()));
        }
        String id = UUID.randomUUID().toString();
        LOG.error(
                "{} {} failed ({})", request.prologue().method(), request.path().rawPath(), id, failure);
        return new Answer(
                500,
                Optional.of(ApiError.of(500, "server_error", "Internal error; the log has it as " + id + ".")
                        .body()));
    }

    /** For a page, or a route for vendors: a failure that its handler did not expect. */
    public static void fail(ServerRequest request, ServerResponse response, RuntimeException failure) {
        cors(response);
        Answer answer = failed(request, response, failure);
        response.status(Status.create(answer.status()));
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(Json.MAPPER.writeValueAsBytes(answer.body().orElseThrow()));
    }

    public static void send(ServerResponse response, ApiError error) {
        cors(response);
        if (error.status() == 503) {
            response.header(HeaderNames.RETRY_AFTER, "1");
        }
        response.status(Status.create(error.status()));
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(Json.MAPPER.writeValueAsBytes(error.body()));
    }

    private static void cors(ServerResponse response) {
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization, Content-Type");
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, PUT, DELETE, OPTIONS");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
    }
}
