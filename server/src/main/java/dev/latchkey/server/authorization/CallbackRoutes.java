package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connect.AuthorizationFlows;
import dev.latchkey.server.connect.BrowserFlows;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.http.RequestFilter;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Nul;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.secrets.Secret;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The OAuth callback (RFC 6749 section 4.1.2): where a browser returns from a provider. */
final class CallbackRoutes {
    /** The limit of a callback by POST, which is repeated by GET: it must fit into a request line. */
    private static final int MAX_QUERY = 15 * 1024;

    private final Integrations integrations;
    private final AuthorizationFlows flows;
    private final BrowserFlows browserFlows;
    private final FlowEnds ends;
    private final FlowFinish finish;
    private final FlowReplies replies;
    private final FlowCookie cookie;

    CallbackRoutes(
            Integrations integrations, FlowParts flows, FlowFinish finish, FlowReplies replies, FlowCookie cookie) {
        this.integrations = integrations;
        this.flows = flows.flows;
        this.browserFlows = flows.browser;
        this.ends = flows.ends;
        this.finish = finish;
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
        String query = PercentEncoding.form(callback);
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
            case AuthorizationFlows.Taken.Unknown unknown -> replies.end(request, response, FlowReplies.UNKNOWN);
            case AuthorizationFlows.Taken.Late late -> {
                integrations
                        .byId(late.flow().environment(), late.flow().integration())
                        .ifPresent(integration -> ends.failed(
                                Operation.of(late.id(), LogEntry.Type.CONNECT, integration),
                                integration,
                                late.flow().requester(),
                                late.flow().wantedName(),
                                FlowReplies.UNKNOWN.code(),
                                "The user came back more than ten minutes after the authorization began."));
                replies.end(request, response, FlowReplies.UNKNOWN);
            }
            case AuthorizationFlows.Taken.OtherBrowser other ->
                replies.end(request, response, FlowReplies.OTHER_BROWSER);
            case AuthorizationFlows.Taken.Flow found ->
                finish.finish(
                        new FlowFinish.Returned(
                                state, found.id(), found.flow(), secrets(callback), "The user came back"),
                        request,
                        response,
                        (provider, integration) -> browserFlows.finish(provider, integration, found.flow(), callback));
            // The provider's page was reloaded, or its back button used.
            case AuthorizationFlows.Taken.Choosing choosing ->
                replies.choose(response, state, choosing.flow().replyTo());
            // The opener has already been notified.
            case AuthorizationFlows.Taken.Ended ended -> replies.show(request, response, ended.result(), 400);
            case AuthorizationFlows.Taken.UnderWay underWay -> FlowPages.underWay(FlowLanguage.of(request), response);
        }
    }

    private static List<Secret> secrets(Map<String, String> callback) {
        return Stream.of("code", "oauth_token", "oauth_verifier")
                .map(name -> new Secret(callback.getOrDefault(name, "")))
                .toList();
    }
}
