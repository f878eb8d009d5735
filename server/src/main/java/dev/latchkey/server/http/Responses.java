package dev.latchkey.server.http;

import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.PausedException;
import dev.latchkey.server.integrations.IntegrationGoneException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.refresh.StoppingException;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.UnreadableRowException;
import dev.latchkey.server.telemetry.Step;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sends responses of the API, and maps every failure to one in one place. */
public final class Responses {
    private static final Logger LOG = LoggerFactory.getLogger(Responses.class);
    /** The code of an error of ours. */
    private static final HeaderName ERROR = HeaderNames.create("Latchkey-Error");

    public static final ApiError BUSY = ApiError.busy("The server is busy; retry in a second.");

    private Responses() {}

    /** Sends what the handler returns, or what its failure means. */
    static void respond(ServerRequest request, ServerResponse response, Supplier<Router.Response> handler) {
        cors(response);
        Router.Response result;
        try {
            result = handler.get();
        } catch (ApiError e) {
            if (e.status() == 503) {
                response.header(HeaderNames.RETRY_AFTER, "1");
            }
            result = new Router.Response(e.status(), Optional.of(e.body()));
        } catch (ForbiddenException e) {
            result = new Router.Response(
                    403, Optional.of(ApiError.of(403, "forbidden", e.words()).body()));
        } catch (PausedException e) {
            result = new Router.Response(423, Optional.of(PauseJson.error(e).body()));
        } catch (RequestException | CloseConnectionException e) {
            throw e;
        } catch (RuntimeException e) {
            result = failed(request, response, e);
        }
        if (!ClientBody.isUnread(request)) {
            response.headers().remove(HeaderNames.CONNECTION);
        }
        mark(response, result);
        response.status(Status.create(result.status()));
        if (result.body().isPresent()) {
            response.header(HeaderValues.CONTENT_TYPE_JSON);
            response.send(Json.MAPPER.writeValueAsBytes(result.body().get()));
        } else {
            response.send();
        }
        if (result.status() >= 400 && ClientBody.isUnread(request)) {
            // The server would read the rest of the body needlessly, however long it is.
            throw ClientConnections.current().ended("the request was refused before its body was read");
        }
    }

    /** An error outside of a declared route. */
    private static Router.Response failed(ServerRequest request, ServerResponse response, RuntimeException failure) {
        if (failure instanceof HeavyWork.BusyException) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            return new Router.Response(
                    503,
                    Optional.of(
                            ApiError.busy(String.valueOf(failure.getMessage())).body()));
        }
        if (failure instanceof StoppingException) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            return new Router.Response(
                    503,
                    Optional.of(ApiError.of(503, "stopping", "This server is stopping: send the request again.")
                            .body()));
        }
        if (failure instanceof UnreadableRowException unreadable) {
            return new Router.Response(424, Optional.of(ApiError.of(unreadable).body()));
        }
        if (failure instanceof IntegrationGoneException) {
            return new Router.Response(
                    404,
                    Optional.of(ApiError.notFound(String.valueOf(failure.getMessage()))
                            .body()));
        }
        if (DatabaseFailures.isBusyOrAway(failure)) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            return new Router.Response(503, Optional.of(BUSY.body()));
        }
        // The response's header has it, too.
        String id = Step.current().request();
        LOG.error(
                "{} {} failed ({})", request.prologue().method(), request.path().rawPath(), id, failure);
        return new Router.Response(
                500,
                Optional.of(ApiError.of(500, "server_error", "Internal error; the log has it as " + id + ".")
                        .body()));
    }

    /** For a page, or a route for vendors: a failure that its handler did not expect. */
    public static void fail(ServerRequest request, ServerResponse response, RuntimeException failure) {
        cors(response);
        Router.Response result = failed(request, response, failure);
        mark(response, result);
        response.status(Status.create(result.status()));
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(Json.MAPPER.writeValueAsBytes(result.body().orElseThrow()));
    }

    public static void send(ServerResponse response, ApiError error) {
        cors(response);
        if (error.status() == 503) {
            response.header(HeaderNames.RETRY_AFTER, "1");
        }
        mark(response, new Router.Response(error.status(), Optional.of(error.body())));
        response.status(Status.create(error.status()));
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(Json.MAPPER.writeValueAsBytes(error.body()));
    }

    /** An error of ours, which a proxied response of a vendor must not be mistaken for. */
    private static void mark(ServerResponse response, Router.Response result) {
        result.body()
                .map(body -> body.path("error").path("code").asString(""))
                .filter(code -> result.status() >= 400 && !code.isEmpty())
                .ifPresent(code -> response.header(ERROR, code));
    }

    private static void cors(ServerResponse response) {
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_ORIGIN, "*");
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_HEADERS, "*, Authorization, Content-Type");
        response.header(HeaderNames.ACCESS_CONTROL_ALLOW_METHODS, "GET, POST, PATCH, PUT, DELETE, OPTIONS");
        response.header(
                HeaderNames.ACCESS_CONTROL_EXPOSE_HEADERS,
                "Authorization, Etag, Content-Type, Content-Length, Latchkey-Error, Retry-After, X-Nango-Signature,"
                        + " X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, X-Latchkey-Request-Id");
        response.header(HeaderNames.ACCESS_CONTROL_MAX_AGE, "600");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
    }
}
