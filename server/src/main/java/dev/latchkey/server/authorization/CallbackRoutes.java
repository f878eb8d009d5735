package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connect.AuthorizationFlow;
import dev.latchkey.server.connect.AuthorizationFlows;
import dev.latchkey.server.connect.BrowserFlows;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.connect.InstallLinks;
import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.http.RequestFilter;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Nul;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.DatabaseFailures;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The OAuth callback (RFC 6749 section 4.1.2): where a browser returns from a provider. */
final class CallbackRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(CallbackRoutes.class);

    /** The limit of a callback by POST, which is repeated by GET: it must fit into a request line. */
    private static final int MAX_QUERY = 15 * 1024;

    private static final FlowResult.Refused UNKNOWN = unknown(
            "invalid_state",
            "This authorization is not known: it was finished already, or began more than ten minutes ago. Start again"
                    + " where you came from.");

    private final Integrations integrations;
    private final FlowProviders providers;
    private final AuthorizationFlows flows;
    private final BrowserFlows browserFlows;
    private final ConnectSessions sessions;
    private final FlowEnds ends;
    private final Logs logs;
    private final FlowReplies replies;
    private final FlowCookie cookie;

    CallbackRoutes(
            Integrations integrations,
            FlowProviders providers,
            FlowParts flows,
            FlowReplies replies,
            FlowCookie cookie) {
        this.integrations = integrations;
        this.providers = providers;
        this.flows = flows.flows;
        this.browserFlows = flows.browser;
        this.sessions = flows.sessions;
        this.ends = flows.ends;
        this.logs = flows.logs;
        this.replies = replies;
        this.cookie = cookie;
    }

    void register(HttpRules routing) {
        for (String path : RequestFilter.CALLBACKS) {
            routing.get(path, this::callback);
            routing.post(path, this::posted);
        }
    }

    private void callback(ServerRequest request, ServerResponse response) {
        if (ClientConnections.current().headOnly()) {
            // Link checkers send HEAD, which must not consume anything (RFC 9110 section 9.2.1).
            FlowPages.head(response);
            return;
        }
        callback(inQuery(request), request, response);
    }

    static Map<String, String> inQuery(ServerRequest request) {
        Map<String, String> callback = new HashMap<>();
        request.query().names().stream()
                // Vendors do not send characters that cannot be stored.
                .filter(name -> !Nul.isIn(name) && !Nul.isIn(request.query().get(name)))
                .forEach(name -> callback.put(name, request.query().get(name)));
        return callback;
    }

    /**
     * OAuth 2.0 Form Post Response Mode: the vendor's page sends the response as a form. Browsers omit our cookie when another site
     * posts (SameSite=Lax), but send it when they then follow a redirect with GET.
     */
    private void posted(ServerRequest request, ServerResponse response) {
        Map<String, String> callback = inQuery(request);
        Form form = Form.read(request, Form.LARGEST);
        form.names().forEach(name -> callback.put(name, form.first(name).orElse("")));
        if (cookie.isHeldBy(request)) {
            callback(callback, request, response);
            return;
        }
        String query = callback.entrySet().stream()
                .map(entry -> PercentEncoding.form(entry.getKey()) + "=" + PercentEncoding.form(entry.getValue()))
                .collect(Collectors.joining("&"));
        if (query.length() > MAX_QUERY) {
            throw ApiError.of(413, "request_too_large", "The provider's response is too long.");
        }
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderNames.create("Referrer-Policy"), "no-referrer");
        Pages.ofPopup(response);
        response.status(Status.SEE_OTHER_303);
        // Relative: the URL may belong to the product, which forwards requests. With its last segment, since not every
        // client resolves a lone query (RFC 3986 section 5.2.2).
        String path = request.path().rawPath();
        response.header(HeaderNames.LOCATION, path.substring(path.lastIndexOf('/') + 1) + "?" + query);
        response.send();
    }

    private void callback(Map<String, String> callback, ServerRequest request, ServerResponse response) {
        String state = BrowserFlows.state(callback);
        if (state.isEmpty() && callback.containsKey("setup_action") && callback.containsKey("installation_id")) {
            // An installation was changed at the provider itself: no flow was begun here, and nothing is exchanged.
            FlowPages.updated(FlowLanguage.of(request), response);
            return;
        }
        AuthorizationFlows.Taken taken =
                state.isEmpty() ? new AuthorizationFlows.Taken.Unknown() : flows.take(state, cookie.of(request));
        switch (taken) {
            case AuthorizationFlows.Taken.Unknown unknown -> replies.end(request, response, UNKNOWN);
            case AuthorizationFlows.Taken.Late late -> {
                integrations
                        .byId(late.flow().environment(), late.flow().integration())
                        .ifPresent(integration -> ends.failed(
                                Operation.of(late.id(), LogEntry.Type.CONNECT, integration),
                                integration,
                                late.flow().requester(),
                                late.flow().wantedName(),
                                UNKNOWN.code(),
                                "The user came back more than ten minutes after the authorization began."));
                replies.end(request, response, UNKNOWN);
            }
            case AuthorizationFlows.Taken.OtherBrowser other ->
                replies.end(
                        request,
                        response,
                        unknown(
                                "invalid_state",
                                "This authorization began in another browser. Finish it there, or start again here."));
            case AuthorizationFlows.Taken.Flow found -> {
                FlowResult result = finish(found.id(), found.flow(), callback);
                replies.end(request, response, result);
                flows.ended(state, InstallLinks.remembered(found.flow(), result));
            }
            // The opener has already been notified.
            case AuthorizationFlows.Taken.Ended ended -> replies.show(request, response, ended.result(), 400);
            case AuthorizationFlows.Taken.UnderWay underWay -> FlowPages.underWay(FlowLanguage.of(request), response);
        }
    }

    private FlowResult finish(UUID operationId, AuthorizationFlow flow, Map<String, String> callback) {
        Optional<Integration> integration = integrations.byId(flow.environment(), flow.integration());
        Optional<Operation> operation = integration.map(it -> Operation.of(operationId, LogEntry.Type.CONNECT, it)
                .knowing(flow.inFlight())
                .knowing(Stream.of("code", "oauth_token", "oauth_verifier")
                        .map(name -> new Secret(callback.getOrDefault(name, "")))
                        .toList()));
        operation.ifPresent(it -> logs.record(it, LogEntry.State.DONE, "The user came back"));
        FlowResult result = operation.isPresent()
                ? logs.during(operation.get(), () -> finish(integration, flow, callback))
                : finish(integration, flow, callback);
        if (result instanceof FlowResult.Refused refused && operation.isPresent()) {
            ends.failed(
                    operation.get(),
                    integration.orElseThrow(),
                    flow.requester(),
                    flow.wantedName(),
                    refused.code(),
                    refused.message());
        } else {
            FlowResult kept = result instanceof FlowResult.Connected connected
                            && flow.requester().challenge().isPresent()
                    ? connected.unnamed()
                    : result;
            flow.requester().session().ifPresent(session -> sessions.ended(flow.environment(), session, kept));
        }
        return result;
    }

    private FlowResult finish(Optional<Integration> integration, AuthorizationFlow flow, Map<String, String> callback) {
        String key = integration.map(Integration::uniqueKey).orElse("");
        try {
            Provider provider = providers.of(integration.orElseThrow(
                    () -> new FlowRefusedException("unknown_provider_config", "The integration has been deleted.")));
            BrowserFlows.Finished finished = browserFlows.finish(provider, integration.get(), flow, callback);
            return new FlowResult.Connected(
                    key,
                    provider.name(),
                    finished.connection().name(),
                    finished.pending(),
                    flow.replyTo().webSocketId(),
                    flow.replyTo().returnUrl());
        } catch (FlowRefusedException e) {
            return new FlowResult.Refused(
                    key,
                    providers.name(integration, key),
                    flow.wantedName(),
                    e.code(),
                    e.text(),
                    flow.replyTo().webSocketId(),
                    flow.replyTo().returnUrl());
        } catch (RuntimeException e) {
            if (DatabaseFailures.isBusyOrAway(e)) {
                LOG.warn(
                        "The OAuth callback for integration {} could not be finished: the database is locked or unreachable.",
                        key);
                return new FlowResult.Refused(
                        key,
                        providers.name(integration, key),
                        flow.wantedName(),
                        "server_busy",
                        "The server is busy. Connect again in a moment.",
                        flow.replyTo().webSocketId(),
                        flow.replyTo().returnUrl());
            }
            String id = UUID.randomUUID().toString();
            LOG.error("The OAuth callback for integration {} failed (error {}).", key, id, e);
            return new FlowResult.Refused(
                    key,
                    providers.name(integration, key),
                    flow.wantedName(),
                    "server_error",
                    "Internal error; the log has it as " + id + ".",
                    flow.replyTo().webSocketId(),
                    flow.replyTo().returnUrl());
        }
    }

    private static FlowResult.Refused unknown(String code, String message) {
        return new FlowResult.Refused("", "", Optional.empty(), code, message, Optional.empty(), Optional.empty());
    }
}
