package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.BrowserFlows;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.FlowEnds;
import dev.latchkey.server.connect.FlowParts;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.connect.FlowStart;
import dev.latchkey.server.connectui.ConnectUiParts;
import dev.latchkey.server.connectui.FlowCookie;
import dev.latchkey.server.connectui.Phrases;
import dev.latchkey.server.connectui.UserConfirmation;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.Caller;
import dev.latchkey.server.http.Callers;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.pages.Pages;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Where a browser's way to a provider begins: {@code /oauth/connect/{key}}. It returns to {@link CallbackRoutes}. */
public final class AuthorizationRoutes {
    private final Callers callers;
    private final Integrations integrations;
    private final FlowProviders providers;
    private final BrowserFlows browserFlows;
    private final ResultSockets sockets;
    private final ConnectSessions sessions;
    private final FlowEnds ends;
    private final Logs logs;
    private final FlowReplies replies;
    private final URI publicUrl;
    private final FlowCookie cookie;
    private final UserConfirmation confirmation;

    AuthorizationRoutes(
            Ground ground,
            Callers callers,
            Integrations integrations,
            FlowProviders providers,
            FlowParts flows,
            ResultSockets sockets,
            FlowReplies replies,
            ConnectUiParts connectUi) {
        this.callers = callers;
        this.integrations = integrations;
        this.providers = providers;
        this.browserFlows = flows.browser;
        this.sockets = sockets;
        this.sessions = flows.sessions;
        this.ends = flows.ends;
        this.logs = flows.logs;
        this.replies = replies;
        this.publicUrl = ground.configuration.publicUrl();
        this.cookie = connectUi.cookie;
        this.confirmation = connectUi.confirmation;
    }

    void register(HttpRules routing) {
        routing.get("/oauth/connect/{key}", this::begin);
        routing.post("/oauth/connect/{key}", this::decided);
    }

    private void begin(ServerRequest request, ServerResponse response) {
        String key = request.path().pathParameters().get("key");
        Optional<String> webSocketId = webSocketId(request);
        webSocketId.ifPresent(opener -> Pages.ofPopup(response));
        Optional<ConnectSession> session = Optional.empty();
        Optional<Integration> asked = Optional.empty();
        try {
            Caller.EndUser user = callers.endUserByQuery(request);
            session = Optional.of(user.session());
            asked = allowed(user, key);
            Integration integration = admitted(user, key, asked, webSocketId);
            Provider provider = providers.of(integration);
            FlowStart typed = typed(request, user, integration, provider);
            boolean ledByPage =
                    webSocketId.filter(id -> sockets.isOpenNear(id, request)).isPresent();
            if (confirmation.isDue(request, user.session(), ledByPage)) {
                confirmation.ask(
                        request,
                        response,
                        Phrases.of(FlowLanguage.of(request)),
                        user.session(),
                        asked,
                        request.path().rawPath() + "?" + request.query().rawValue());
                return;
            }
            String browser = cookie.of(request);
            URI redirectUri = ClientMetadata.redirectUri(user.environment(), publicUrl);
            // The handle of a connection that waits for proof goes only to the page that led here.
            boolean proves = user.session().challenge().isPresent();
            FlowStart start = proves && !ledByPage ? typed.withoutWebSocket() : typed;
            Operation operation = Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration)
                    .knowing(start.secrets().values());
            URI address;
            try {
                address = logs.during(
                        operation, () -> browserFlows.begin(provider, integration, start, browser, redirectUri));
            } catch (FlowRefusedException e) {
                ends.failed(operation, integration, start.requester(), start.wantedName(), e.code(), e.text());
                // The session has been notified.
                session = Optional.empty();
                throw e;
            }
            logs.record(operation, LogEntry.State.DONE, "Sent the user to " + address.getHost());
            redirect(request, response, browser, address);
        } catch (ApiError e) {
            replies.refuse(request, response, e, key, providers.name(asked, key), webSocketId);
        } catch (FlowRefusedException e) {
            Optional<String> back = request.query()
                    .first(FlowStarts.DISPLAY)
                    .asOptional()
                    .filter("page"::equals)
                    .map(page -> publicUrl + FlowReplies.CONNECT_UI_RETURN);
            FlowResult refused = new FlowResult.Refused(
                    key, providers.name(asked, key), Optional.empty(), e.code(), e.text(), webSocketId, back);
            session.ifPresent(it -> sessions.ended(it.environment(), it.id(), refused));
            replies.end(request, response, refused);
        }
    }

    /** @throws FlowRefusedException if the session does not allow it, or not from this page */
    private Integration admitted(
            Caller.EndUser user, String key, Optional<Integration> asked, Optional<String> webSocketId) {
        Integration integration = asked.orElseThrow(() -> isKnown(user, key)
                ? new FlowRefusedException(
                        SessionIntegrations.NOT_ALLOWED, "This session does not allow this integration.")
                : new FlowRefusedException(SessionIntegrations.UNKNOWN, "There is no integration with this key."));
        SessionIntegrations.requireRunning(user.environment(), integration);
        if (webSocketId
                .filter(id -> sockets.isOfForeignPage(id, user.environment()))
                .isPresent()) {
            throw new FlowRefusedException(
                    "origin_not_allowed",
                    "The page that opened this window is not one that this product lists (connect_ui_parents).");
        }
        return integration;
    }

    private FlowStart typed(ServerRequest request, Caller.EndUser user, Integration integration, Provider provider) {
        Query query = new Query(request.query());
        query.text("lang");
        FlowStarts.Fields fields = FlowStarts.read(
                query,
                user.session(),
                integration,
                provider,
                List.of(),
                Map.of(),
                publicUrl + FlowReplies.CONNECT_UI_RETURN);
        query.endOfFlow();
        if (!fields.problems().isEmpty()) {
            var first = fields.problems().getFirst();
            throw new FlowRefusedException(
                    "connection_validation_failed", first.field() + ": " + first.message() + ".");
        }
        return fields.start();
    }

    private void redirect(ServerRequest request, ServerResponse response, String browser, URI address) {
        response.headers().addCookie(cookie.holding(browser));
        Language.named(request.query().first("lang").orElse(""))
                .ifPresent(language -> response.headers().addCookie(FlowLanguage.cookie(language, cookie.isSecure())));
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderNames.create("Referrer-Policy"), "no-referrer");
        // After a form, so that the next request is a GET (RFC 9110 section 15.4.4; RFC 9700 section 4.12).
        response.status(request.prologue().method().equals(Method.POST) ? Status.SEE_OTHER_303 : Status.FOUND_302);
        response.header(HeaderNames.LOCATION, address.toString());
        response.send();
    }

    private Optional<Integration> allowed(Caller.EndUser user, String key) {
        return Optional.of(key)
                .filter(user.session()::allows)
                .flatMap(it -> integrations.find(user.environment().id(), it));
    }

    private boolean isKnown(Caller.EndUser user, String key) {
        return integrations.find(user.environment().id(), key).isPresent();
    }

    private static Optional<String> webSocketId(ServerRequest request) {
        return request.query()
                .first("ws_client_id")
                .asOptional()
                .filter(id -> ResultSockets.ID.matcher(id).matches());
    }

    /** The person was shown for whom they connect. */
    private void decided(ServerRequest request, ServerResponse response) {
        String key = request.path().pathParameters().get("key");
        Phrases phrases = Phrases.of(FlowLanguage.of(request));
        try {
            Form form = Form.read(request, Form.LARGEST);
            Caller.EndUser user = callers.endUserByQuery(request);
            Optional<Integration> asked = allowed(user, key);
            switch (confirmation.decide(request, user.session(), form)) {
                case CONTINUE -> begin(request, response);
                case STOP -> {
                    confirmation.stop(user.session(), asked);
                    sockets.send(new FlowResult.Refused(
                            key,
                            providers.name(asked, key),
                            Optional.empty(),
                            FlowEnds.NOT_THE_USER,
                            FlowEnds.NOT_THE_USER_TEXT,
                            webSocketId(request),
                            Optional.empty()));
                    confirmation.stopped(response, phrases);
                }
                case FOREIGN -> confirmation.refused(response, phrases);
            }
        } catch (ApiError e) {
            replies.refuse(request, response, e, key, key, webSocketId(request));
        }
    }
}
