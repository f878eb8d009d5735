package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connect.AuthorizationFlow;
import dev.latchkey.server.connect.AuthorizationFlows;
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
import dev.latchkey.server.connectui.Language;
import dev.latchkey.server.connectui.Phrases;
import dev.latchkey.server.connectui.UserConfirmation;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.http.ApiError;
import dev.latchkey.server.http.ClientConnections;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.http.Gate;
import dev.latchkey.server.http.Query;
import dev.latchkey.server.http.Router;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.json.Nul;
import dev.latchkey.server.logs.LogEntry;
import dev.latchkey.server.logs.Logs;
import dev.latchkey.server.logs.Operation;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.SetCookie;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.node.ObjectNode;

/** The two ends of a browser's way to a provider: {@code /oauth/connect/{key}} and {@code /oauth/callback}. */
public final class AuthorizationRoutes {
    private static final Logger LOG = LoggerFactory.getLogger(AuthorizationRoutes.class);

    /** The Connect UI's page, which asks how the flow ended; its URL reveals nothing. */
    private static final String CONNECT_UI_RETURN = "/connect/return";
    /** The language of the page that began, for the page at the end. */
    private static final String LANGUAGE_COOKIE = "latchkey-lang";

    /** The limit of a callback by POST, which is repeated by GET: it must fit into a request line. */
    private static final int MAX_QUERY = 15 * 1024;

    private static final FlowResult.Refused UNKNOWN = unknown(
            "invalid_state",
            "This authorization is not known: it was finished already, or began more than ten minutes ago. Start again"
                    + " where you came from.");

    private final Router router;
    private final Integrations integrations;
    private final Providers providers;
    private final AuthorizationFlows flows;
    private final BrowserFlows browserFlows;
    private final ResultSockets sockets;
    private final ConnectSessions sessions;
    private final FlowEnds ends;
    private final Logs logs;
    private final Environments environments;
    private final URI publicUrl;
    private final FlowCookie cookie;
    private final UserConfirmation confirmation;

    AuthorizationRoutes(
            Ground ground,
            Router router,
            Environments environments,
            Integrations integrations,
            Providers providers,
            FlowParts flows,
            ResultSockets sockets,
            ConnectUiParts connectUi) {
        this.router = router;
        this.integrations = integrations;
        this.providers = providers;
        this.flows = flows.flows;
        this.browserFlows = flows.browser;
        this.sockets = sockets;
        this.sessions = flows.sessions;
        this.ends = flows.ends;
        this.logs = flows.logs;
        this.environments = environments;
        this.publicUrl = ground.configuration.publicUrl();
        this.cookie = connectUi.cookie;
        this.confirmation = connectUi.confirmation;
    }

    public void register(HttpRules routing) {
        routing.get("/oauth/connect/{key}", this::begin);
        routing.post("/oauth/connect/{key}", this::decided);
        for (String path : Gate.CALLBACKS) {
            routing.get(path, this::callback);
            routing.post(path, this::posted);
        }
        routing.get("/oauth/client-metadata/{environment}", this::clientMetadata);
    }

    /** Our client metadata, for authorization servers that use this URL as our client id. Public. */
    private void clientMetadata(ServerRequest request, ServerResponse response) {
        String id = request.path().pathParameters().get("environment");
        Optional<Environment> environment =
                id.matches("[0-9a-f-]{36}") ? environments.byId(UUID.fromString(id)) : Optional.empty();
        if (environment.isEmpty()) {
            Router.send(response, ApiError.notFound("This client does not exist."));
            return;
        }
        ObjectNode json = Json.MAPPER.createObjectNode();
        json.put("client_id", publicUrl + "/oauth/client-metadata/" + id).put("client_name", "Latchkey");
        json.putArray("redirect_uris").add(redirectUri(environment.get()).toString());
        json.putArray("grant_types").add("authorization_code").add("refresh_token");
        json.putArray("response_types").add("code");
        json.put("token_endpoint_auth_method", "none");
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        response.send(Json.MAPPER.writeValueAsBytes(json));
    }

    private URI redirectUri(Environment environment) {
        return environment.callbackUrl().map(URI::create).orElseGet(() -> URI.create(publicUrl + "/oauth/callback"));
    }

    private void begin(ServerRequest request, ServerResponse response) {
        String key = request.path().pathParameters().get("key");
        Optional<String> webSocketId = webSocketId(request);
        webSocketId.ifPresent(opener -> Pages.ofPopup(response));
        Optional<ConnectSession> session = Optional.empty();
        Optional<Integration> asked = Optional.empty();
        try {
            Router.Caller.EndUser user = router.endUserByQuery(request);
            session = Optional.of(user.session());
            asked = allowed(user, key);
            Integration integration = asked.orElseThrow(() -> new FlowRefusedException(
                    "unknown_provider_config", "This link allows no integration with this key."));
            SessionIntegrations.requireRunning(user.environment(), integration);
            if (webSocketId
                    .filter(id -> sockets.isOfForeignPage(id, user.environment()))
                    .isPresent()) {
                throw new FlowRefusedException(
                        "origin_not_allowed",
                        "The page that opened this window is not one that this product lists (connect_ui_parents).");
            }
            Provider provider = provider(integration);
            Query query = new Query(request.query());
            query.text("lang");
            FlowStarts.Fields fields = FlowStarts.read(
                    query, user.session(), integration, provider, List.of(), Map.of(), publicUrl + CONNECT_UI_RETURN);
            query.end();
            if (!fields.problems().isEmpty()) {
                var first = fields.problems().getFirst();
                throw new FlowRefusedException(
                        "connection_validation_failed", first.field() + ": " + first.message() + ".");
            }
            boolean ledByPage =
                    webSocketId.filter(id -> sockets.isOpenNear(id, request)).isPresent();
            if (confirmation.isDue(request, user.session(), ledByPage)) {
                confirmation.ask(
                        request,
                        response,
                        Phrases.of(language(request)),
                        user.session(),
                        asked,
                        request.path().rawPath() + "?" + request.query().rawValue());
                return;
            }
            String browser = cookie.of(request);
            URI redirectUri = redirectUri(user.environment());
            // The handle of a connection that waits for proof goes only to the page that led here.
            boolean proves = user.session().challenge().isPresent();
            FlowStart start = proves && !ledByPage ? fields.start().withoutWebSocket() : fields.start();
            Operation operation = Operation.of(logs.newOperation(), LogEntry.Type.CONNECT, integration)
                    .knowing(start.secrets().values());
            URI address;
            try {
                address = logs.during(
                        operation, () -> browserFlows.begin(provider, integration, start, browser, redirectUri));
            } catch (FlowRefusedException e) {
                ends.failed(operation, integration, start.requester(), start.wantedName(), e.code(), e.text());
                // It knows.
                session = Optional.empty();
                throw e;
            }
            logs.record(operation, LogEntry.State.DONE, "Sent the user to " + address.getHost());
            response.headers().addCookie(cookie.holding(browser));
            Language.named(request.query().first("lang").orElse(""))
                    .ifPresent(language -> response.headers().addCookie(languageCookie(language)));
            response.header(HeaderNames.CACHE_CONTROL, "no-store");
            response.header(HeaderNames.create("Referrer-Policy"), "no-referrer");
            // After a form, so that the next request is a GET (RFC 9110 section 15.4.4; RFC 9700 section 4.12).
            response.status(request.prologue().method().equals(Method.POST) ? Status.SEE_OTHER_303 : Status.FOUND_302);
            response.header(HeaderNames.LOCATION, address.toString());
            response.send();
        } catch (ApiError e) {
            refuse(request, response, e, key, named(asked, key), webSocketId);
        } catch (FlowRefusedException e) {
            Optional<String> back = request.query()
                    .first(FlowStarts.DISPLAY)
                    .asOptional()
                    .filter("page"::equals)
                    .map(page -> publicUrl + CONNECT_UI_RETURN);
            FlowResult refused = new FlowResult.Refused(
                    key, named(asked, key), Optional.empty(), e.code(), e.text(), webSocketId, back);
            session.ifPresent(it -> sessions.ended(it.environment(), it.id(), refused));
            end(request, response, refused);
        }
    }

    private Optional<Integration> allowed(Router.Caller.EndUser user, String key) {
        return Optional.of(key)
                .filter(user.session()::allows)
                .flatMap(it -> integrations.find(user.environment().id(), it));
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
        Phrases phrases = Phrases.of(language(request));
        try {
            Form form = Form.read(request, Form.LARGEST);
            Router.Caller.EndUser user = router.endUserByQuery(request);
            Optional<Integration> asked = allowed(user, key);
            switch (confirmation.decide(request, user.session(), form)) {
                case CONTINUE -> begin(request, response);
                case STOP -> {
                    confirmation.stop(user.session(), asked);
                    sockets.tell(new FlowResult.Refused(
                            key,
                            named(asked, key),
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
            refuse(request, response, e, key, key, webSocketId(request));
        }
    }

    /** People get a page, programs the API's error. */
    private void refuse(
            ServerRequest request,
            ServerResponse response,
            ApiError error,
            String key,
            String provider,
            Optional<String> webSocketId) {
        FlowResult.Refused refused = new FlowResult.Refused(
                key, provider, Optional.empty(), error.code(), error.words(), webSocketId, Optional.empty());
        if (request.headers().first(HeaderNames.ACCEPT).orElse("").contains("text/html")) {
            sockets.tell(refused);
            show(request, response, refused, error.status());
        } else {
            sockets.tell(refused);
            Router.send(response, error);
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

    private static Map<String, String> inQuery(ServerRequest request) {
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
            FlowPages.updated(language(request), response);
            return;
        }
        AuthorizationFlows.Taken taken =
                state.isEmpty() ? new AuthorizationFlows.Taken.Unknown() : flows.take(state, cookie.of(request));
        switch (taken) {
            case AuthorizationFlows.Taken.Unknown unknown -> end(request, response, UNKNOWN);
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
                end(request, response, UNKNOWN);
            }
            case AuthorizationFlows.Taken.OtherBrowser other ->
                end(
                        request,
                        response,
                        unknown(
                                "invalid_state",
                                "This authorization began in another browser. Finish it there, or start again here."));
            case AuthorizationFlows.Taken.Flow found -> {
                FlowResult result = finish(found.id(), found.flow(), callback);
                end(request, response, result);
                flows.ended(state, result);
            }
            // The opener has already been notified.
            case AuthorizationFlows.Taken.Ended ended -> show(request, response, ended.result(), 400);
            case AuthorizationFlows.Taken.UnderWay underWay -> FlowPages.underWay(language(request), response);
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
            Provider provider = provider(integration.orElseThrow(
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
                    named(integration, key),
                    flow.wantedName(),
                    e.code(),
                    e.text(),
                    flow.replyTo().webSocketId(),
                    flow.replyTo().returnUrl());
        } catch (RuntimeException e) {
            if (Database.isBusyOrAway(e)) {
                LOG.warn(
                        "The OAuth callback for integration {} could not be finished: the database is locked or unreachable.",
                        key);
                return new FlowResult.Refused(
                        key,
                        named(integration, key),
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
                    named(integration, key),
                    flow.wantedName(),
                    "server_error",
                    "Internal error; the log has it as " + id + ".",
                    flow.replyTo().webSocketId(),
                    flow.replyTo().returnUrl());
        }
    }

    private void end(ServerRequest request, ServerResponse response, FlowResult result) {
        sockets.tell(result);
        show(request, response, result, 400);
    }

    private void show(ServerRequest request, ServerResponse response, FlowResult result, int status) {
        result.webSocketId().ifPresent(opener -> Pages.ofPopup(response));
        // Our own page asks the session how the flow ended: the URL reveals nothing of it.
        boolean ownPage = result.returnUrl()
                .filter((publicUrl + CONNECT_UI_RETURN)::equals)
                .isPresent();
        FlowPages.show(result, status, ownPage, language(request), response);
    }

    /** As requested by our own page in the URL; at the provider's callback, as stored when the flow began. */
    private static Language language(ServerRequest request) {
        return request.query()
                .first("lang")
                .asOptional()
                .or(() -> request.headers().cookies().first(LANGUAGE_COOKIE).asOptional())
                .flatMap(Language::named)
                .orElseGet(() -> Language.accepted(
                        request.headers().first(HeaderNames.ACCEPT_LANGUAGE).orElse("")));
    }

    private SetCookie languageCookie(Language language) {
        return SetCookie.builder(LANGUAGE_COOKIE, language.tag())
                .path("/oauth")
                .httpOnly(true)
                .secure(cookie.isSecure())
                .sameSite(SetCookie.SameSite.LAX)
                .maxAge(FlowCookie.LIFETIME)
                .build();
    }

    private static FlowResult.Refused unknown(String code, String message) {
        return new FlowResult.Refused("", "", Optional.empty(), code, message, Optional.empty(), Optional.empty());
    }

    /** The name that people know: a key is internal to the product. */
    private String named(Optional<Integration> integration, String key) {
        return integration
                .map(it -> providers.of(it).map(Provider::name).orElseGet(it::displayName))
                .orElse(key);
    }

    private Provider provider(Integration integration) {
        return providers
                .of(integration)
                .orElseThrow(() -> new FlowRefusedException(
                        "unknown_provider_template",
                        "The catalogue has no provider '" + integration.provider() + "' any more."));
    }
}
