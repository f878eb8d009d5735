package dev.latchkey.server.connectui;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreDriver;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.ConnectSession;
import dev.latchkey.server.connect.ConnectSessions;
import dev.latchkey.server.connect.DeviceFlow;
import dev.latchkey.server.environments.Branding;
import dev.latchkey.server.environments.Brandings;
import dev.latchkey.server.http.BoundedBody;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
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
import java.net.URI;
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
    private static final StaticTemplates TEMPLATES = new StaticTemplates();
    private static final HeaderName FETCH_SITE = HeaderNames.create("Sec-Fetch-Site");
    private static final HeaderName FETCH_DESTINATION = HeaderNames.create("Sec-Fetch-Dest");
    private static final Set<String> FRAMES = Set.of("iframe", "frame", "object", "embed");
    private static final String BEARER = "Bearer ";
    private static final int MAX_BODY_BYTES = 20_000;

    private final Screens screens;
    private final Providers providers;
    private final ConnectSessions sessions;
    private final Brandings brandings;
    private final UserConfirmation confirmation;
    private final FramedPage page;
    private final URI publicUrl;

    ConnectPages(
            Screens screens,
            Brandings brandings,
            Providers providers,
            ConnectSessions sessions,
            UserConfirmation confirmation,
            URI publicUrl) {
        this.screens = screens;
        this.confirmation = confirmation;
        this.page = new FramedPage(confirmation, sessions);
        this.providers = providers;
        this.sessions = sessions;
        this.brandings = brandings;
        this.publicUrl = publicUrl;
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
                    "/connect/confirm?" + request.query().rawValue());
            return;
        }
        Optional<JteModel> first =
                token.map(it -> session.map(found -> drawn(phrases, found, it, first(request, found, phrases)))
                        .orElseGet(() -> expired(phrases)));
        String asked = request.query().first("theme").orElse("");
        Pages.framableHeaders(response, confirmation.parents(session));
        response.header(HeaderNames.CONTENT_LANGUAGE, phrases.language().tag());
        response.send(TEMPLATES
                .connectPage(
                        phrases,
                        List.of("light", "dark").contains(asked) ? asked : "",
                        asked.equals("system"),
                        publicUrl.toString(),
                        first)
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
                        HeaderNames.LOCATION, "/connect/?" + request.query().rawValue());
                response.send();
            }
            case STOP -> {
                confirmation.stop(
                        session.get(),
                        screens.only(session.get())
                                .or(() -> screens.offered(session.get()).stream().findFirst()));
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
            response.send(expired(phrases).render());
        } else if (page.isOfStranger(request, session.get())) {
            response.status(Status.FORBIDDEN_403);
            response.send(TEMPLATES
                    .connectDead(Sheet.ofNobody(phrases), Screens.dead(phrases, "shield-lock", "stranger"))
                    .render());
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
                                    .or(() -> screens.offered(visit.session()).stream().findFirst()));
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
                        .<Screen>map(
                                it -> screens.done(session, phrases, it, request.query().contains("pending")))
                        .orElseGet(() -> screens.first(session, phrases));
            case "return" -> screens.returned(session, phrases);
            case "device" -> screens.device(session, visit.token(), phrases);
            default -> screens.first(session, phrases);
        };
    }

    private JteModel drawn(Visit visit, Screen screen) {
        return drawn(visit.phrases(), visit.session(), visit.token(), screen);
    }

    private JteModel drawn(Phrases phrases, ConnectSession session, String token, Screen screen) {
        Branding branding = brandings.of(session.environment());
        boolean back = switch (screen) {
            case Screen.Ask ask -> screens.offered(session).size() > 1;
            case Screen.Device device -> true;
            case Screen.Code code -> true;
            case Screen.Confirm _ -> false;
            case Screen.Picker o -> false;
            case Screen.Done o -> false;
            case Screen.Dead o -> false;
        };
        boolean device = !token.isEmpty() && (screen instanceof Screen.Ask || screen instanceof Screen.Picker);
        Sheet sheet = Sheet.of(phrases, session.environment(), branding, back, device);
        return switch (screen) {
            case Screen.Picker picker -> TEMPLATES.connectPicker(sheet, picker);
            case Screen.Ask ask -> TEMPLATES.connectAsk(sheet, ask);
            case Screen.Done done -> TEMPLATES.connectDone(sheet, done);
            case Screen.Device it -> TEMPLATES.connectDevice(sheet, it);
            case Screen.Code code -> TEMPLATES.connectCode(sheet, code);
            case Screen.Confirm confirm -> TEMPLATES.connectConfirmScreen(sheet, confirm);
            case Screen.Dead dead -> TEMPLATES.connectDead(sheet, dead);
        };
    }

    private static JteModel expired(Phrases phrases) {
        return TEMPLATES.connectDead(
                Sheet.ofNobody(phrases),
                new Screen.Dead("clock", phrases.say("expired.title"), phrases.say("expired.text")));
    }

    /** A preview of what the environment's users see. */
    public JteModel preview(UUID environment, String theme, Language language) {
        Phrases phrases = Phrases.of(language);
        Branding branding = brandings.of(environment);
        List<Screen.Choice> choices = providers.in(environment).all().stream()
                .filter(provider -> provider.about().icon().isPresent()
                        && provider.auth().facts().codeGrant().isPresent())
                .limit(5)
                .map(provider ->
                        new Screen.Choice(provider.id(), provider.name(), screens.logo(environment, provider.id()), ""))
                .toList();
        return TEMPLATES.connectPage(
                phrases,
                theme,
                false,
                publicUrl.toString(),
                Optional.of(TEMPLATES.connectPicker(
                        Sheet.of(phrases, environment, branding, false, true), Screens.picker(branding, phrases, choices))));
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
            response.send(drawn(visit, screens.first(visit.session(), visit.phrases())).render());
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
        Optional<Provider> provider = session.flatMap(it -> screens.allowed(it, key)).flatMap(it -> providers.of(it));
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
