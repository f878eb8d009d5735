package dev.latchkey.server.api;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.access.PausedException;
import dev.latchkey.server.connect.PendingConnections;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionIds;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.LastFetched;
import dev.latchkey.server.connections.Times;
import dev.latchkey.server.egress.Cancellation;
import dev.latchkey.server.egress.Limits;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Callers;
import dev.latchkey.server.http.ClientBody;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.ClientWatch;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.IntegrationKeys;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.RetryAfter;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.pauses.Running;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.proxy.Proxy;
import dev.latchkey.server.proxy.ProxyCall;
import dev.latchkey.server.proxy.ProxyOutcome;
import dev.latchkey.server.proxy.ProxyTrace;
import dev.latchkey.server.proxy.RequestBody;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code ANY /proxy/{path}}: a product's backend calls a provider, and we add the credential. */
public final class ProxyRoutes implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyRoutes.class);
    private static final String PREFIX = "/proxy";
    private static final String EVERY_PATH = String.join("/", PREFIX, "*");
    private static final String SCOPE = "environment:proxy";
    private static final io.helidon.http.HeaderName KEY = HeaderNames.create("Provider-Config-Key");
    private static final io.helidon.http.HeaderName CONNECTION = HeaderNames.create("Connection-Id");

    private static final String[] STATUSES = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};

    private final Proxy proxy;
    private final Integrations integrations;
    private final Connections connections;
    private final Providers providers;
    private final LastFetched lastFetched;
    private final Metrics metrics;
    private final ProxyLog log;
    private final PendingConnections pending;
    private final ClientWatch watch = new ClientWatch(Limits.STREAM.whole());

    public ProxyRoutes(
            Proxy proxy,
            Integrations integrations,
            Connections connections,
            Providers providers,
            LastFetched lastFetched,
            Metrics metrics,
            Logs logs,
            PendingConnections pending) {
        this.pending = pending;
        this.metrics = metrics;
        this.log = new ProxyLog(logs);
        this.proxy = proxy;
        this.integrations = integrations;
        this.connections = connections;
        this.providers = providers;
        this.lastFetched = lastFetched;
    }

    public void register(Router router, Callers callers) {
        router.streaming(EVERY_PATH, SCOPE, (call, response) -> call(call, response, callers))
                .unaudited("calls by the product to the provider: the log has them");
    }

    /** Neither deleted nor paused since the call began. */
    private boolean isStillThere(UUID environment, Connection begun) {
        try {
            Optional<Integration> integration = integrations.find(environment, begun.integrationKey());
            Optional<Connection> connection = connections.find(environment, begun.integrationKey(), begun.name());
            integration.ifPresent(Integration::requireRunning);
            connection.ifPresent(Connection::requireRunning);
            return integration.isPresent()
                    && connection.filter(found -> found.id().equals(begun.id())).isPresent();
        } catch (PausedException e) {
            return false;
        }
    }

    private record Target(Provider provider, Integration integration, Connection connection) {}

    private Target target(Router.Call call, String key, String id) {
        Integration integration = integrations
                .find(call.environmentId(), key)
                .orElseThrow(() -> ApiError.of(
                        404, "unknown_provider_config", "There is no integration with this Provider-Config-Key."));
        Connection connection = connections
                .find(call.environmentId(), key, id)
                .orElseThrow(() -> pending.isWaiting(call.environmentId(), id)
                        ? ConnectionRoutes.PENDING
                        : ApiError.notFound("There is no connection with this Connection-Id in this integration."));
        Running.require(call.environment(), Optional.of(integration), connection);
        Provider provider = providers
                .of(connection)
                .orElseThrow(() -> ApiError.of(
                        400,
                        "unknown_provider_template",
                        "The catalogue has no provider '" + integration.provider() + "' any more."));
        return new Target(provider, providers.as(connection, integration), connection);
    }

    private void call(Router.Call call, ServerResponse response, Callers callers) {
        ServerRequest request = call.request();
        ProxyHeaders headers = ProxyHeaders.read(request.headers());
        String key = request.headers().first(KEY).orElse("");
        String id = request.headers().first(CONNECTION).orElse("");
        List<ApiError.Detail> problems = new ArrayList<>(headers.problems());
        missing(problems, key, "provider-config-key");
        missing(problems, id, "connection-id");
        malformed(problems, key, IntegrationKeys.isAllowed(key), IntegrationKeys.RULE, "provider-config-key");
        malformed(problems, id, ConnectionIds.isAllowed(id), ConnectionIds.RULE, "connection-id");
        if (!problems.isEmpty()) {
            throw ApiError.invalid("invalid_headers", problems);
        }
        Target target = target(call, key, id);
        lastFetched.mark(target.connection());
        Cancellation cancellation = new Cancellation();
        try (ClientWatch.Watched watched = watch.watch(
                ClientConnections.current(),
                cancellation,
                () -> callers.stillMay(call, SCOPE) && isStillThere(call.environmentId(), target.connection()))) {
            RequestBody sent = ClientBody.of(request, watched, cancellation);
            Map<String, String> forProvider = new HashMap<>(headers.forProvider());
            RequestBody body = isBarePost(request, sent, forProvider) ? emptyObject(forProvider) : sent;
            String path = request.prologue().uriPath().rawPath();
            ProxyCall wanted = new ProxyCall(
                    target.provider(),
                    target.integration(),
                    target.connection(),
                    request.prologue().method().text(),
                    path.substring(Math.min(PREFIX.length() + 1, path.length())),
                    request.prologue().query().rawValue(),
                    forProvider,
                    body,
                    headers.options(),
                    cancellation);
            pass(wanted, response);
        } catch (CloseConnectionException | ApiError e) {
            throw e;
        } catch (RuntimeException e) {
            if (!cancellation.isCancelled()) {
                throw e;
            }
            // Whatever its end interrupted, in the HTTP client for instance, is no fault of ours.
            LOG.debug("A proxied call was cancelled: its caller left, or has the right no more.", e);
            throw new CloseConnectionException("the caller left", e);
        }
    }

    /** Vendors of JSON APIs refuse a POST without a body; Nango, and so its clients' programs, send an empty object. */
    private static boolean isBarePost(ServerRequest request, RequestBody body, Map<String, String> headers) {
        return body.isEmpty()
                && request.prologue().method().equals(Method.POST)
                && !headers.containsKey("content-type");
    }

    private static RequestBody emptyObject(Map<String, String> headers) {
        headers.put("content-type", "application/json");
        byte[] json = "{}".getBytes(StandardCharsets.UTF_8);
        return RequestBody.of(new ByteArrayInputStream(json), json.length);
    }

    private void pass(ProxyCall wanted, ServerResponse response) {
        long start = System.nanoTime();
        ProxyTrace trace = new ProxyTrace();
        ProxyOutcome outcome = proxy.call(wanted, trace);
        metrics.proxied(wanted.provider().id(), label(outcome), System.nanoTime() - start);
        switch (outcome) {
            case ProxyOutcome.Responded it -> {
                boolean whole = false;
                try {
                    ProviderResponse.send(it.response(), wanted, response, trace);
                    whole = true;
                } finally {
                    log.responded(wanted, it.response(), trace, whole, Duration.ofNanos(System.nanoTime() - start));
                }
            }
            case ProxyOutcome.Refused it -> {
                log.refused(wanted, it, trace, Duration.ofNanos(System.nanoTime() - start));
                throw refused(it, response);
            }
        }
    }

    private static String label(ProxyOutcome outcome) {
        return switch (outcome) {
            case ProxyOutcome.Responded it -> STATUSES[Math.clamp(it.response().status() / 100, 0, 5)];
            case ProxyOutcome.Refused it -> it.reason().name().toLowerCase(Locale.ROOT);
        };
    }

    private static void missing(List<ApiError.Detail> problems, String value, String name) {
        if (value.isEmpty()) {
            problems.add(new ApiError.Detail("invalid_type", "the header '" + name + "' is required", List.of(name)));
        }
    }

    private static void malformed(
            List<ApiError.Detail> problems, String value, boolean isAllowed, String rule, String name) {
        if (!value.isEmpty() && !isAllowed) {
            problems.add(new ApiError.Detail("invalid_format", rule, List.of(name)));
        }
    }

    private static ApiError unusable(int status, String code, String reason, ProxyOutcome.Refused refused) {
        return ApiError.withPayload(
                status,
                code,
                refused.message(),
                Json.MAPPER
                        .createObjectNode()
                        .put("reason", reason)
                        .put("retry_at", refused.retryAt().map(Times::text).orElse(null)));
    }

    private static RuntimeException refused(ProxyOutcome.Refused refused, ServerResponse response) {
        refused.retryAfter()
                .ifPresent(wait -> response.header(HeaderNames.RETRY_AFTER, Long.toString(RetryAfter.seconds(wait))));
        return switch (refused.reason()) {
            case INVALID_REQUEST -> ApiError.of(400, "invalid_request", refused.message());
            case FORBIDDEN_HOST -> ApiError.of(403, "forbidden_host", refused.message());
            case BODY_TOO_LARGE -> ApiError.of(413, "request_too_large", refused.message());
            case INVALID_CREDENTIALS -> unusable(400, "invalid_credentials", "rejected", refused);
            case STILL_INVALID_CREDENTIALS -> unusable(424, "invalid_credentials", "rejected", refused);
            case REFRESH_FAILING -> unusable(424, "connection_refresh_backoff", "transient", refused);
            case INTEGRATION_MISCONFIGURED -> unusable(424, "connection_refresh_backoff", "misconfigured", refused);
            case DELETED -> ApiError.of(404, "unknown_connection", refused.message());
            case RATE_LIMITED -> ApiError.of(429, "rate_limited", refused.message());
            case UNREACHABLE -> ApiError.of(502, "provider_unreachable", refused.message());
            case TIMEOUT -> ApiError.of(504, "provider_timeout", refused.message());
            case REDIRECT -> ApiError.of(502, "redirect_not_followed", refused.message());
            case CANCELLED -> new io.helidon.webserver.CloseConnectionException("the caller is gone");
        };
    }

    @Override
    public void close() {
        watch.close();
    }
}
