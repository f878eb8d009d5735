package dev.latchkey.server.http;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.logs.Activity;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/**
 * Declares routes: each with the scope that a key must have, deny by default. Authenticates, reads the body, responds, and maps every
 * failure in one place.
 */
public final class Router {
    private static final String TOKEN = "token";

    /** One request with its caller. */
    public record Call(ServerRequest request, Caller caller) {
        public Query query() {
            return new Query(request.query());
        }

        /** The same, for requests that have no parameters: one in the query is refused. */
        public Call withoutQuery() {
            query().end();
            return this;
        }

        /** The integration that the path names. @throws ApiError 400 for a name that no integration can have */
        public String integrationKey() {
            return PathNames.integrationKey(path("key"));
        }

        /** The connection that the path names. @throws ApiError 400 for a name that no connection can have */
        public String connectionId() {
            return PathNames.connectionId(path("id"));
        }

        /** The provider that the path names. @throws ApiError 400 for a name that no provider can have */
        public String providerName() {
            return PathNames.providerName(path("name"));
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
            // Every visitor of a product can have a session's token.
            boolean stranger = caller instanceof Caller.EndUser;
            return Body.of(JsonBody.read(request, stranger ? BoundedBody.OF_STRANGERS : BoundedBody.LARGEST));
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
    public record Response(int status, Optional<JsonNode> body) {
        public static Response ok(JsonNode body) {
            return new Response(200, Optional.of(body));
        }

        public static Response created(JsonNode body) {
            return new Response(201, Optional.of(body));
        }
    }

    /** Responds, or throws {@link ApiError}. */
    @FunctionalInterface
    public interface Handler {
        Response handle(Call call);
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
        FLOW,
        /** With a session's token in the body. */
        BEACON
    }

    /**
     * @param scope that a key must have; empty for routes that take any key, or only a session's token
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
    /** For keys, and for sessions in place of keys. */
    private final HttpRules keyed;
    /** For an end user's browser. */
    private final HttpRules flows;

    private final Callers callers;
    private final Activity activity;
    private final IdempotencyKeys idempotency;

    Router(Doors doors, Callers callers, Activity activity, IdempotencyKeys idempotency) {
        this.activity = activity;
        this.idempotency = idempotency;
        this.keyed = doors.by(Limit.KEY);
        this.flows = doors.by(Limit.FLOW);
        this.callers = callers;
    }

    /** The routes declared so far, in order: those that the API's description must cover. */
    public List<Declared> declared() {
        return List.copyOf(declared);
    }

    /** Of another type than JSON it is refused before its key is read, as by Nango. */
    private static void respond(ServerRequest request, ServerResponse response, Supplier<Response> handler) {
        Responses.respond(request, response, () -> {
            JsonBody.requireJson(request);
            return handler.get();
        });
    }

    /** For a backend whose key has the scope, by bodies of types that the handler knows. */
    public void document(Method method, String path, String scope, Handler handler) {
        declared.add(new Declared(method.text(), path, Optional.of(scope), OpenTo.KEY));
        keyed.route(
                method,
                path,
                (request, response) ->
                        Responses.respond(request, response, () -> ofBackend(request, response, scope, handler)));
    }

    private Response ofBackend(ServerRequest request, ServerResponse response, String scope, Handler handler) {
        long start = System.nanoTime();
        Caller.Backend caller = callers.backend(request);
        caller.actor().require(caller.environment().id(), scope);
        try {
            return idempotency.once(
                    request,
                    response,
                    caller.environment().id(),
                    caller.actor(),
                    () -> handler.handle(new Call(request, caller)));
        } finally {
            activity.latency(caller.environment().id(), Duration.ofNanos(System.nanoTime() - start));
        }
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
            respond(request, response, () -> ofBackend(request, response, scope, handler));
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
            if (BrowserRules.isPreflight(request)) {
                response.next();
                return;
            }
            try {
                Caller.Backend caller = callers.backend(request);
                caller.actor().require(caller.environment().id(), scope);
                handler.handle(new Call(request, caller), response);
            } catch (CloseConnectionException e) {
                throw e;
            } catch (RuntimeException e) {
                Responses.respond(request, response, () -> {
                    throw e;
                });
            }
        };
    }

    /** For a backend with any key, and for an end user with a connect session: the catalogue is no secret. */
    public void anyone(Method method, String path, Handler handler) {
        either(method, path, Optional.empty(), handler);
    }

    /** For a backend whose key has the scope, and for an end user with a connect session. */
    public void either(Method method, String path, String scope, Handler handler) {
        either(method, path, Optional.of(scope), handler);
    }

    private void either(Method method, String path, Optional<String> scope, Handler handler) {
        declared.add(new Declared(method.text(), path, scope, OpenTo.KEY_AND_SESSION));
        keyed.route(
                method,
                path,
                (request, response) -> respond(request, response, () -> {
                    String bearer = Callers.bearer(request);
                    if (bearer.startsWith(ConnectSessions.PREFIX)) {
                        return handler.handle(new Call(request, callers.endUser(bearer)));
                    }
                    Caller.Backend caller = callers.backend(bearer, request);
                    scope.ifPresent(needed ->
                            caller.actor().require(caller.environment().id(), needed));
                    return handler.handle(new Call(request, caller));
                }));
    }

    /** For an end user with a connect session as Bearer. */
    public void endUser(Method method, String path, Handler handler) {
        declared.add(new Declared(method.text(), path, Optional.empty(), OpenTo.SESSION));
        flows.route(
                method,
                path,
                (request, response) -> respond(
                        request,
                        response,
                        () -> handler.handle(new Call(request, callers.endUser(Callers.bearer(request))))));
    }

    /** For an end user whose session token is the query parameter {@code connect_session_token}. */
    public void flow(Method method, String path, Handler handler) {
        declared.add(new Declared(method.text(), path, Optional.empty(), OpenTo.FLOW));
        flows.route(
                method,
                path,
                (request, response) -> respond(
                        request, response, () -> handler.handle(new Call(request, callers.endUserByQuery(request)))));
    }

    /**
     * For a page that reports by {@code navigator.sendBeacon}, which sends no headers: the session's token is the body's member {@code
     * token}. Nothing is returned.
     */
    public void beacon(String path, Consumer<Body> reading) {
        declared.add(new Declared(Method.POST.text(), path, Optional.empty(), OpenTo.BEACON));
        flows.route(
                Method.POST,
                path,
                (request, response) -> respond(request, response, () -> {
                    Body body = Body.of(JsonBody.read(request, BoundedBody.OF_STRANGERS));
                    body.allow(TOKEN);
                    String token = body.json().path(TOKEN).asString("");
                    if (token.isEmpty()) {
                        throw ApiError.unauthorized(
                                "missing_auth_header", "Send the session's token as 'token' in the body.");
                    }
                    new Call(request, callers.endUser(token)).withoutQuery();
                    reading.accept(body);
                    body.end();
                    return new Response(204, Optional.empty());
                }));
    }

    /** CORS for any origin, and the response for unknown routes. Registered last. */
    public void rest() {
        keyed.any((request, response) -> Responses.respond(request, response, () -> {
            if (request.prologue().method().equals(Method.OPTIONS)) {
                return new Response(204, Optional.empty());
            }
            if (isUnderADeclaredPath(request)) {
                JsonBody.requireJson(request);
            }
            throw ApiError.notFound("There is no " + request.prologue().method() + " at this path.");
        }));
    }

    /** Where another method or a longer path is a route for JSON. */
    private boolean isUnderADeclaredPath(ServerRequest request) {
        String first = PathNames.firstSegment(request.path().path());
        return declared.stream()
                .filter(route -> !route.method().equals("ANY"))
                .anyMatch(route -> PathNames.firstSegment(route.path()).equals(first));
    }
}
