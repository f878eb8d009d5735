package dev.latchkey.server.http;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.server.storage.DatabaseBusyException;
import dev.latchkey.server.storage.DatabaseFailures;
import dev.latchkey.server.storage.Waiting;
import dev.latchkey.server.vault.Hash;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRoute;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Predicate;
import org.jdbi.v3.core.JdbiException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The entry of all requests: a route cannot be registered without a limit for its callers (security.md D3). A request
 * is counted by the route that it matched, however its path is spelled. Thread-safe once all routes are registered.
 */
public final class Doors {
    private static final HeaderName LIMIT = HeaderNames.create("X-RateLimit-Limit");
    private static final HeaderName REMAINING = HeaderNames.create("X-RateLimit-Remaining");
    private static final HeaderName RESET = HeaderNames.create("X-RateLimit-Reset");

    /** One route. @param method {@code ANY} for all */
    public record Door(String method, String path, Limit limit) {}

    private enum Passed {
        COUNTED
    }

    private static final Logger LOG = LoggerFactory.getLogger(Doors.class);

    private record Stranger(Limit limit, String address) {}

    private final HttpRouting.Builder routing;
    private final Optional<Integer> keyRateLimit;
    private final Optional<Integer> flowRateLimit;
    private final ClientAddress clients;
    private final CallerLimits limits;
    private final AtomicBoolean saidHowToTrust = new AtomicBoolean();
    private final List<Door> doors = new ArrayList<>();
    /** Keys that were accepted recently, by their hash: a key is not kept in clear text beyond its request. */
    private final Cache<ByteBuffer, Boolean> knownKeys = Caffeine.newBuilder()
            .maximumSize(100_000)
            .expireAfterAccess(Duration.ofMinutes(10))
            .build();

    /**
     * @param keyRateLimit requests that one key may make in a minute; absent: no limit
     * @param flowRateLimit the base of each {@link Limit} per address; absent: no limit
     */
    public Doors(
            HttpRouting.Builder routing,
            Optional<Integer> keyRateLimit,
            Optional<Integer> flowRateLimit,
            ClientAddress clients,
            InstantSource clock) {
        this.routing = routing;
        this.keyRateLimit = keyRateLimit;
        this.flowRateLimit = flowRateLimit;
        this.clients = clients;
        this.limits = new CallerLimits(clock);
        // Pages and routes for vendors have handlers of their own, which refuse with the same message.
        routing.error(ApiError.class, (request, response, error) -> Responses.send(response, error));
        routing.error(
                HeavyWork.BusyException.class,
                (request, response, error) ->
                        Responses.send(response, ApiError.busy(String.valueOf(error.getMessage()))));
        // Database failures that a handler does not expect: a lock timeout, a failover.
        routing.error(DatabaseBusyException.class, (request, response, error) -> busy(request, response));
        routing.error(JdbiException.class, (request, response, error) -> {
            if (DatabaseFailures.isBusyOrAway(error)) {
                busy(request, response);
            } else {
                Responses.fail(request, response, error);
            }
        });
    }

    /** Registers routes with this limit for their callers. */
    public HttpRules by(Limit limit) {
        return new Counted(limit);
    }

    /** For some requests at any path, which others leave uncounted to the routes after it. */
    public void any(Limit limit, Predicate<ServerRequest> some, Handler handler) {
        doors.add(new Door("ANY", "*", limit));
        routing.any((request, response) -> {
            if (some.test(request)) {
                pass(limit, handler, request, response);
            } else {
                response.next();
            }
        });
    }

    /** The routes registered so far. */
    public List<Door> declared() {
        return List.copyOf(doors);
    }

    /** The key was accepted: from now on it is counted instead of its address. */
    void opened(String key) {
        knownKeys.put(hash(key), true);
    }

    /** One request of an address. */
    Optional<CallerLimits.Counted> count(Limit limit, String address) {
        boolean ourselves = limit == Limit.LAB && address.equals("127.0.0.1");
        return ourselves
                ? Optional.empty()
                : flowRateLimit.map(most -> limits.count(new Stranger(limit, address), limit.of(most)));
    }

    private Optional<CallerLimits.Counted> count(Limit limit, ServerRequest request) {
        if (!clients.trustForwarded()
                && request.headers().contains(HeaderNames.X_FORWARDED_FOR)
                && !saidHowToTrust.getAndSet(true)) {
            LOG.warn(
                    "Requests carry X-Forwarded-For. If a proxy of yours sets it, set LATCHKEY_TRUST_FORWARDED=true: until then"
                            + " all its clients count as one address.");
        }
        Optional<ByteBuffer> key = limit == Limit.KEY ? knownKey(request) : Optional.empty();
        return key.isPresent()
                ? keyRateLimit.map(most -> limits.count(key.get(), most))
                : count(limit, clients.of(request));
    }

    private Optional<ByteBuffer> knownKey(ServerRequest request) {
        return request.headers()
                .first(HeaderNames.AUTHORIZATION)
                .map(value -> {
                    String text = value.strip();
                    return hash(text.substring(text.lastIndexOf(' ') + 1));
                })
                .filter(hash -> knownKeys.getIfPresent(hash) != null);
    }

    private static ByteBuffer hash(String key) {
        return ByteBuffer.wrap(Hash.of(key));
    }

    private void pass(Limit limit, Handler handler, ServerRequest request, ServerResponse response) throws Exception {
        // A handler may have passed it on to the next matching route.
        boolean counted = request.context().get(Passed.class).isPresent();
        Optional<CallerLimits.Counted> count = counted ? Optional.empty() : count(limit, request);
        if (isOfTheApi(limit, request)) {
            count.ifPresent(it -> report(response, it));
        }
        Optional<CallerLimits.Counted> exceeded = count.filter(CallerLimits.Counted::exceeded);
        if (exceeded.isEmpty()) {
            request.context().register(Passed.COUNTED);
            Waiting.<Boolean, Exception>together(() -> {
                handler.handle(request, response);
                return true;
            });
            return;
        }
        refuse(request, response, exceeded.get());
        if (ClientBody.isUnread(request)) {
            throw ClientConnections.current().ended("the request was refused before its body was read");
        }
    }

    /** A proxied response has the vendor's own headers of these names. */
    private static boolean isOfTheApi(Limit limit, ServerRequest request) {
        return (limit == Limit.KEY || limit == Limit.FLOW)
                && !request.prologue().uriPath().rawPath().startsWith("/proxy/");
    }

    private static void report(ServerResponse response, CallerLimits.Counted count) {
        response.headers().set(HeaderValues.create(LIMIT, Integer.toString(count.limit())));
        response.headers().set(HeaderValues.create(REMAINING, Integer.toString(count.remaining())));
        response.headers().set(HeaderValues.create(RESET, Long.toString(count.resetsAt())));
    }

    private static void refuse(ServerRequest request, ServerResponse response, CallerLimits.Counted exceeded) {
        report(response, exceeded);
        response.header(HeaderNames.RETRY_AFTER, Long.toString(exceeded.secondsLeft()));
        String words = "More than " + exceeded.limit() + " requests in a minute. Retry in " + exceeded.secondsLeft()
                + " seconds.";
        if (isBrowser(request)) {
            page(response, 429, "Too many requests", words);
        } else {
            Responses.send(response, ApiError.of(429, "too_many_request", words));
        }
    }

    private static void busy(ServerRequest request, ServerResponse response) {
        if (isBrowser(request)) {
            response.header(HeaderNames.RETRY_AFTER, "1");
            page(response, 503, "The server is busy", "Reload the page in a moment.");
        } else {
            Responses.send(response, Responses.BUSY);
        }
    }

    private static boolean isBrowser(ServerRequest request) {
        return request.headers()
                .first(HeaderNames.ACCEPT)
                .filter(accept -> accept.contains("text/html"))
                .isPresent();
    }

    private static void page(ServerResponse response, int status, String title, String words) {
        response.status(Status.create(status));
        response.header(HeaderNames.CONTENT_TYPE, "text/html; charset=utf-8");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderNames.create("X-Content-Type-Options"), "nosniff");
        response.header(HeaderNames.create("Content-Security-Policy"), "default-src 'none'; frame-ancestors 'none'");
        response.send("<!doctype html><html lang=\"en\"><title>" + title + "</title><h1>" + title + "</h1><p>" + words
                + "</p></html>");
    }

    /** Registers the given routes with the server, behind the limit. */
    private final class Counted implements HttpRules {
        private final Limit limit;

        Counted(Limit limit) {
            this.limit = limit;
        }

        @Override
        public HttpRules route(Method method, String path, Handler handler) {
            doors.add(new Door(method.text(), path, limit));
            routing.route(method, SegmentMatcher.of(path), counted(handler));
            return this;
        }

        @Override
        public HttpRules any(String path, Handler... handlers) {
            for (Handler handler : handlers) {
                doors.add(new Door("ANY", path, limit));
                routing.any(path, counted(handler));
            }
            return this;
        }

        @Override
        public HttpRules any(Handler... handlers) {
            for (Handler handler : handlers) {
                doors.add(new Door("ANY", "*", limit));
                routing.any(counted(handler));
            }
            return this;
        }

        private Handler counted(Handler handler) {
            return (request, response) -> pass(limit, handler, request, response);
        }

        @Override
        public HttpRules route(HttpRoute route) {
            throw new UnsupportedOperationException("register a route by method and path");
        }

        @Override
        public HttpRules register(HttpService... service) {
            throw new UnsupportedOperationException("register a route by method and path");
        }

        @Override
        public HttpRules register(String path, HttpService... service) {
            throw new UnsupportedOperationException("register a route by method and path");
        }
    }
}
