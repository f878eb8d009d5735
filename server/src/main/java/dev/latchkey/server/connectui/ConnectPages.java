package dev.latchkey.server.connectui;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.DeviceFlow;
import dev.latchkey.server.environments.Language;
import dev.latchkey.server.http.BoundedBody;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.qr.QrCode;
import gg.jte.models.runtime.JteModel;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The Connect UI: a page, framed by a product or by itself, whose script loads one screen after the other. The person's actions use
 * the same public API that a product's own page may use.
 */
public final class ConnectPages {
    private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
    private static final HeaderName FETCH_DESTINATION = HeaderNames.create("Sec-Fetch-Dest");
    private static final Set<String> FRAMES = Set.of("iframe", "frame", "object", "embed");
    private static final String BEARER = "Bearer ";
    private static final int MAX_BODY_BYTES = 20_000;

    private final Screens screens;
    private final ScreenTemplates templates;
    private final Providers providers;
    private final ConnectSessions sessions;
    private final UserConfirmation confirmation;
    private final FramedPage page;

    ConnectPages(
            Screens screens,
            ScreenTemplates templates,
            Providers providers,
            ConnectSessions sessions,
            UserConfirmation confirmation) {
        this.screens = screens;
        this.templates = templates;
        this.confirmation = confirmation;
        this.page = new FramedPage(confirmation, sessions);
        this.providers = providers;
        this.sessions = sessions;
    }

    public void register(HttpRules routing) {
        routing.get("/connect", this::page);
        routing.get("/connect/", this::page);
        routing.get("/connect/return", this::page);
        routing.post("/connect/confirm", this::confirmed);
        routing.get("/connect/screen", this::screen);
        routing.post("/connect/decision", this::decided);
        routing.post("/connect/split", this::split);
        routing.post("/connect/code", this::code);
    }

    /** The whole page; a link that carries its session has the first screen in it. */
    public void page(ServerRequest request, ServerResponse response) {
        Phrases phrases = Phrases.of(language(request));
        Optional<String> token = request.query().first("session_token").asOptional();
        Optional<ConnectSession> session = token.flatMap(sessions::find);
        // In a frame the page itself asks: a page that may not be framed would stay empty there.
        if (session.isPresent() && !isFramed(request) && confirmation.isDue(request, session.get(), false)) {
            confirmation.ask(
                    request,
                    response,
                    phrases,
                    session.get(),
                    screens.only(session.get()),
                    Links.at("/connect/confirm?" + request.query().rawValue()));
            return;
        }
        Optional<JteModel> first = token.map(it -> session.map(
                        found -> templates.drawn(phrases, found, it, first(request, found, phrases)))
                .orElseGet(() -> ScreenTemplates.expired(phrases)));
        String asked = request.query().first("theme").orElse("");
        Pages.framableHeaders(response, confirmation.parents(session));
        response.header(HeaderNames.CONTENT_LANGUAGE, phrases.language().tag());
        response.send(templates
                .page(phrases, List.of("light", "dark").contains(asked) ? asked : "", asked.equals("system"), first)
                .render());
    }

    /** A product's page frames ours in front of its own user; a link opens a page of its own. */
    private static boolean isFramed(ServerRequest request) {
        return FRAMES.contains(request.headers().first(FETCH_DESTINATION).orElse("document"));
    }

    /** The person was shown for whom they connect, and continues to the link's page. */
    private void confirmed(ServerRequest request, ServerResponse response) {
        Form form = Form.read(request, Form.LARGEST);
        Phrases phrases = Phrases.of(language(request));
        Optional<ConnectSession> session =
                request.query().first("session_token").asOptional().flatMap(sessions::find);
        if (session.isEmpty()) {
            confirmation.refused(response, phrases);
            return;
        }
        switch (confirmation.decide(request, session.get(), form)) {
            case CONTINUE -> {
                Pages.confirmationHeaders(response, false);
                response.status(Status.SEE_OTHER_303);
                response.header(
                        HeaderNames.LOCATION,
                        Links.at("/connect/?" + request.query().rawValue()));
                response.send();
            }
            case STOP -> {
                confirmation.stop(
                        session.get(),
                        screens.only(session.get())
                                .or(() ->
                                        screens.offered(session.get()).stream().findFirst()));
                confirmation.stopped(response, phrases);
            }
            case FOREIGN -> confirmation.refused(response, phrases);
        }
    }

    /** The product's branding, and the language. */
    private record Visit(Phrases phrases, ConnectSession session, String token) {}

    /** By the token in the header: it must not appear in URLs that we build. Empty: it has expired, and the response says so. */
    private Optional<Visit> visit(ServerRequest request, ServerResponse response) {
        Phrases phrases = Phrases.of(language(request));
        Optional<String> token = bearer(request);
        Optional<ConnectSession> session = token.flatMap(sessions::find);
        // Our own script puts it into the page: only the page itself is framed.
        Pages.headers(response);
        if (session.isEmpty()) {
            response.status(Status.UNAUTHORIZED_401);
            response.send(ScreenTemplates.expired(phrases).render());
        } else if (page.isOfStranger(request, session.get())) {
            response.status(Status.FORBIDDEN_403);
            response.send(ScreenTemplates.stranger(phrases).render());
            return Optional.empty();
        }
        return session.map(it -> new Visit(phrases, it, token.orElse("")));
    }

    private void screen(ServerRequest request, ServerResponse response) {
        visit(request, response)
                .ifPresent(visit ->
                        response.send(drawn(visit, unlessDue(request, visit).orElseGet(() -> asked(request, visit)))
                                .render()));
    }

    /** The screen before all others, if there is one. */
    private Optional<Screen> unlessDue(ServerRequest request, Visit visit) {
        return page.isToAsk(request, visit.session())
                ? Optional.of(confirm(visit.session(), visit.phrases()))
                : Optional.empty();
    }

    private Screen first(ServerRequest request, ConnectSession session, Phrases phrases) {
        return page.isToAsk(request, session) ? confirm(session, phrases) : screens.first(session, phrases);
    }

    private Screen confirm(ConnectSession session, Phrases phrases) {
        return new Screen.Confirm(confirmation.question(phrases, session, screens.only(session)));
    }

    /** On the page itself, the person was shown for whom they connect. */
    private void decided(ServerRequest request, ServerResponse response) {
        visit(request, response).ifPresent(visit -> {
            switch (body(request).path(UserConfirmation.DECISION).asString("")) {
                case UserConfirmation.CONTINUE -> {
                    page.confirm(request, visit.session());
                    response.send(drawn(visit, screens.first(visit.session(), visit.phrases()))
                            .render());
                }
                case UserConfirmation.STOP -> {
                    confirmation.stop(
                            visit.session(),
                            screens.only(visit.session())
                                    .or(() -> screens.offered(visit.session()).stream()
                                            .findFirst()));
                    response.send(drawn(visit, Screens.dead(visit.phrases(), "shield-lock", "confirm.stopped"))
                            .render());
                }
                default -> {
                    response.status(Status.BAD_REQUEST_400);
                    response.send(drawn(visit, confirm(visit.session(), visit.phrases()))
                            .render());
                }
            }
        });
    }

    private Screen asked(ServerRequest request, Visit visit) {
        ConnectSession session = visit.session();
        Phrases phrases = visit.phrases();
        Optional<Integration> integration =
                request.query().first("integration").asOptional().flatMap(it -> screens.allowed(session, it));
        return switch (request.query().first("name").orElse("")) {
            case "ask" ->
                integration
                        .<Screen>map(it -> screens.ask(session, phrases, it, Optional.empty()))
                        .orElseGet(() -> screens.first(session, phrases));
            case "done" ->
                integration
                        .<Screen>map(it -> screens.done(
                                session, phrases, it, request.query().contains("pending")))
                        .orElseGet(() -> screens.first(session, phrases));
            case "return" -> screens.returned(session, phrases);
            case "device" -> screens.device(session, visit.token(), phrases);
            default -> screens.first(session, phrases);
        };
    }

    private JteModel drawn(Visit visit, Screen screen) {
        return templates.drawn(visit.phrases(), visit.session(), visit.token(), screen);
    }

    /** A preview of what the environment's users see. */
    public JteModel preview(UUID environment, String theme, Language language) {
        return templates.preview(environment, theme, language);
    }

    private void code(ServerRequest request, ServerResponse response) {
        visit(request, response)
                .ifPresent(visit -> unlessDue(request, visit)
                        .ifPresentOrElse(
                                due -> response.send(drawn(visit, due).render()),
                                () -> code(request, response, visit)));
    }

    /** The code from the public API, drawn: its page must be a web address, since it becomes a link. */
    private void code(ServerRequest request, ServerResponse response, Visit visit) {
        JsonNode begun = body(request);
        Optional<Integration> integration =
                screens.allowed(visit.session(), begun.path("integration").asString(""));
        String page = begun.path("verification_uri").asString("");
        String scanned = begun.path("verification_uri_complete").asString(page);
        if (integration.isEmpty() || !DeviceFlow.isPage(page) || !DeviceFlow.isPage(scanned)) {
            response.status(Status.BAD_REQUEST_400);
            response.send(drawn(visit, screens.first(visit.session(), visit.phrases()))
                    .render());
            return;
        }
        QrCode code = QrCode.of(scanned);
        response.send(drawn(
                        visit,
                        new Screen.Code(
                                integration.get().uniqueKey(),
                                integration.get().displayName(),
                                begun.path("user_code").asString(""),
                                scanned,
                                code.path(),
                                code.size(),
                                begun.path("expires_in").asLong(0)))
                .render());
    }

    /** A connection string's parts, for the person to see before they are sent. */
    private void split(ServerRequest request, ServerResponse response) {
        Optional<ConnectSession> session = bearer(request).flatMap(sessions::find);
        String key = request.query().first("integration").orElse("");
        Optional<Provider> provider =
                session.flatMap(it -> screens.allowed(it, key)).flatMap(it -> providers.of(it));
        ObjectNode json = Json.MAPPER.createObjectNode();
        String text = body(request).path(DatastoreAddress.CONNECTION_STRING).asString("");
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        Optional<DatastoreDriver> driver =
                provider.flatMap(it -> it.auth().facts().datastore());
        if (driver.isEmpty()) {
            response.status(Status.NOT_FOUND_404);
        } else {
            try {
                ObjectNode values = json.putObject("values");
                DatastoreAddress.expand(driver.get(), Map.of(DatastoreAddress.CONNECTION_STRING, text))
                        .forEach(values::put);
            } catch (IllegalArgumentException e) {
                response.status(Status.BAD_REQUEST_400);
                json.removeAll();
                json.put("problem", String.valueOf(e.getMessage()));
            }
        }
        response.send(Json.MAPPER.writeValueAsBytes(json));
    }

    private static Language language(ServerRequest request) {
        return request.query()
                .first("lang")
                .asOptional()
                .flatMap(Language::named)
                .orElseGet(() -> Language.accepted(
                        request.headers().first(HeaderNames.ACCEPT_LANGUAGE).orElse("")));
    }

    /** Only for our own page: other sites' scripts must not use it. */
    private static Optional<String> bearer(ServerRequest request) {
        boolean own = request.headers().first(FETCH_SITE).orElse("same-origin").equals("same-origin");
        return request.headers()
                .first(HeaderNames.AUTHORIZATION)
                .filter(value -> own && value.startsWith(BEARER))
                .map(value -> value.substring(BEARER.length()));
    }

    private static JsonNode body(ServerRequest request) {
        byte[] bytes = BoundedBody.read(request, MAX_BODY_BYTES);
        try {
            return Json.MAPPER.readTree(bytes);
        } catch (JacksonException e) {
            return Json.MAPPER.createObjectNode();
        }
    }
}
