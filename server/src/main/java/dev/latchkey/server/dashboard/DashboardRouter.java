package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.http.Doors;
import dev.latchkey.server.http.Form;
import dev.latchkey.server.http.Limit;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.Pages;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.DashboardSessions;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Role.Permission;
import gg.jte.models.runtime.JteModel;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The dashboard's access control: a page is for members who have signed in, see the environment, and have the permission; a form is
 * accepted only with the token from our own page. Deny by default: a page cannot be registered without saying who may see it.
 */
final class DashboardRouter {
    private static final Logger LOG = LoggerFactory.getLogger(DashboardRouter.class);
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    @FunctionalInterface
    interface Handler {
        Reply handle(Visit visit);
    }

    /** Sends events until it is done, or the visitor loses access. */
    @FunctionalInterface
    interface StreamHandler {
        void stream(Visit visit, LiveStreams.Stream stream) throws Exception;
    }

    /** For a visitor who has not signed in. */
    @FunctionalInterface
    interface OpenHandler {
        Reply handle(Guest guest);
    }

    /** The parameter of requests that an open page makes without its reader. */
    static final String BY_ITSELF = "poll";

    private final HttpRules pages;
    /** For visitors who have not signed in yet. */
    private final HttpRules entrance;

    private final Environments environments;
    private final ShownEnvironments shown;
    private final ShownOnce once;
    private final BrowserSessions browsers;
    private final DashboardCookies cookies;
    private final boolean lab;

    private final LiveStreams streams;
    private final Map<String, String> actions = new TreeMap<>();
    private final List<DashboardRoute> routes = new ArrayList<>();

    DashboardRouter(
            Doors doors,
            Environments environments,
            BrowserSessions browsers,
            DashboardCookies cookies,
            ShownOnce once,
            LiveStreams streams,
            boolean lab) {
        this.once = once;
        this.streams = streams;
        this.pages = doors.by(Limit.PAGE);
        this.entrance = doors.by(Limit.SIGN_IN);
        this.environments = environments;
        this.shown = new ShownEnvironments(environments, cookies);
        this.browsers = browsers;
        this.cookies = cookies;
        this.lab = lab;
    }

    /** A page of an environment; the path begins with {@code /dashboard/{env}}. */
    void page(String path, Permission permission, Handler handler) {
        routes.add(new DashboardRoute("GET", path, permission, false));
        pages.get(path, (request, response) -> signedIn(request, response, permission, Kind.PAGE, handler));
    }

    /**
     * A page of an environment that keeps streaming. It ends with the session, the member, the permission or the environment, and does
     * not count as activity of the session.
     */
    void stream(String path, Permission permission, StreamHandler handler) {
        routes.add(new DashboardRoute("GET", path, permission, false));
        pages.get(
                path,
                (request, response) -> signedIn(
                        request, response, permission, Kind.STREAM, visit -> stream(visit, permission, handler)));
    }

    private Reply stream(Visit visit, Permission permission, StreamHandler handler) {
        Secret cookie = cookies.session(visit.request()).orElseThrow();
        UUID environment = visit.environmentId();
        String name = visit.environment().name();
        try (LiveStreams.Stream stream = streams.open(
                browsers.address(visit.request()),
                visit.response(),
                () -> browsers.look(cookie)
                        .filter(member -> member.role().may(permission))
                        .filter(member -> environments
                                .byName(name)
                                .filter(seen -> seen.id().equals(environment) && member.sees(seen.id()))
                                .isPresent())
                        .isPresent())) {
            handler.stream(visit, stream);
        } catch (PageException e) {
            throw e;
        } catch (LiveStreams.EndedException e) {
            LOG.debug("A live page has ended: its visitor has lost access.");
        } catch (UncheckedIOException | IllegalStateException e) {
            LOG.debug("The browser of a live page has disconnected.");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            LOG.debug("A live page ended.", e);
        }
        return new Reply.Answered();
    }

    /** @param api the public API's operation that does the same: what a person can do here, a program can do there */
    void action(String path, String api, Permission permission, Handler handler) {
        actions.put("POST " + path, api);
        ownAction(path, permission, handler);
    }

    /** An action that shows a secret: for members who may see credentials in the environment. The operation it calls checks again. */
    void revealingAction(String path, String api, Permission permission, Handler handler) {
        actions.put("POST " + path, api);
        routes.add(new DashboardRoute("POST", path, permission, true));
        pages.post(
                path,
                (request, response) -> signedIn(request, response, permission, Kind.form(Form.LARGEST), visit -> {
                    if (!visit.member().mayReveal(visit.environmentId())) {
                        throw PageException.forbidden(
                                "You may not see credentials in this environment. An owner can allow it.");
                    }
                    return handler.handle(visit);
                }));
    }

    /** All that members can open or do, in the order of registration. */
    List<DashboardRoute> routes() {
        return List.copyOf(routes);
    }

    /** Its form contains a whole document, or pictures. */
    void largeAction(String path, String api, Permission permission, Handler handler) {
        actions.put("POST " + path, api);
        routes.add(new DashboardRoute("POST", path, permission, false));
        pages.post(
                path,
                (request, response) ->
                        signedIn(request, response, permission, Kind.form(Form.LARGEST_WITH_DOCUMENT), handler));
    }

    /** For the member's own session or password, which keys do not have. */
    void ownAction(String path, Permission permission, Handler handler) {
        routes.add(new DashboardRoute("POST", path, permission, false));
        pages.post(
                path, (request, response) -> signedIn(request, response, permission, Kind.form(Form.LARGEST), handler));
    }

    /** The actions, each with the API's operation. */
    Map<String, String> actions() {
        return Collections.unmodifiableMap(actions);
    }

    /** Every other address below the dashboard: a page, too, which says that there is nothing. Registered after all others. */
    void rest() {
        pages.any(
                "/dashboard/*",
                (request, response) -> signedIn(request, response, Permission.VIEW, Kind.PAGE, visit -> {
                    throw PageException.notFound(
                            "There is no page at this address. It may be the address of a form, or of something that was deleted.");
                }));
    }

    void open(Method method, String path, OpenHandler handler) {
        entrance.route(
                method, path, (request, response) -> guest(request, response, method.equals(Method.POST), handler));
    }

    /** @param largestForm absent: there is no form */
    private record Kind(boolean goesOn, OptionalInt largestForm) {
        static final Kind PAGE = new Kind(false, OptionalInt.empty());
        static final Kind STREAM = new Kind(true, OptionalInt.empty());

        static Kind form(int largest) {
            return new Kind(false, OptionalInt.of(largest));
        }
    }

    private void signedIn(
            ServerRequest request, ServerResponse response, Permission permission, Kind kind, Handler handler) {
        Optional<Secret> cookie = cookies.session(request);
        // A page that updates itself is no sign of a person.
        boolean byItself = kind.goesOn() || request.query().contains(BY_ITSELF);
        Optional<Member> member = cookie.flatMap(byItself ? browsers::look : browsers::find);
        if (member.isEmpty()) {
            toSignIn(request, response);
            return;
        }
        Frame frame = new Frame(
                "",
                "",
                member.get(),
                shown.of(request, member.get()),
                shown.all(member.get()),
                DashboardSessions.formToken(cookie.orElseThrow()),
                DashboardCookies.theme(request),
                DashboardCookies.notice(request),
                lab);
        frame.notice().ifPresent(text -> cookies.forgetNotice(response));
        if (kind == Kind.PAGE) {
            shown.keep(request, response, frame.environment());
        }
        try {
            Form form = kind.largestForm().isPresent()
                    ? FormTokens.read(request, cookie.get(), kind.largestForm().getAsInt())
                    : Form.empty();
            Optional<ShownOnce.Content> given = kind == Kind.PAGE
                    ? once.take(
                            request,
                            response,
                            cookie.get(),
                            Links.at(request.path().rawPath()))
                    : Optional.empty();
            Visit visit = new Visit(request, response, frame, form, given);
            if (request.path().pathParameters().contains("env")
                    && frame.environment().isEmpty()) {
                throw PageException.notFound("This environment does not exist, or you have no access to it.");
            }
            visit.mustBeAllowed(permission);
            answer(request, response, handler.handle(visit));
        } catch (CloseConnectionException e) {
            // The client is gone, or was cut.
            throw e;
        } catch (RuntimeException e) {
            PageProblem problem = PageProblem.of(e, request);
            problem.headers(response);
            send(
                    response,
                    problem.status(),
                    TEMPLATES.problemFramed(frame.titled(problem.title(), ""), problem.status(), problem.words()));
        }
    }

    private void guest(ServerRequest request, ServerResponse response, boolean isForm, OpenHandler handler) {
        Optional<Secret> known = cookies.guest(request);
        Secret cookie = known.orElseGet(browsers::newToken);
        if (known.isEmpty()) {
            cookies.keepGuest(response, cookie);
        }
        try {
            Guest guest = new Guest(
                    request,
                    response,
                    isForm ? FormTokens.read(request, cookie, Form.LARGEST) : Form.empty(),
                    DashboardSessions.formToken(cookie),
                    DashboardCookies.theme(request),
                    DashboardCookies.notice(request));
            guest.notice().ifPresent(text -> cookies.forgetNotice(response));
            answer(request, response, handler.handle(guest));
        } catch (CloseConnectionException e) {
            throw e;
        } catch (RuntimeException e) {
            PageProblem problem = PageProblem.of(e, request);
            problem.headers(response);
            send(
                    response,
                    problem.status(),
                    TEMPLATES.problem(DashboardCookies.theme(request), problem.status(), problem.words()));
        }
    }

    private void answer(ServerRequest request, ServerResponse response, Reply reply) {
        switch (reply) {
            case Reply.Html html -> send(response, html.status(), html.model());
            case Reply.See see -> {
                see.notice().ifPresent(text -> cookies.keepNotice(response, text));
                see.once()
                        .ifPresent(content -> once.keep(
                                response,
                                cookies.session(request).orElseThrow(),
                                Links.at(see.address()).replaceFirst("\\?.*", ""),
                                content));
                response.header(HeaderNames.CACHE_CONTROL, "no-store");
                response.status(Status.SEE_OTHER_303);
                response.header(HeaderNames.LOCATION, Links.at(see.address()));
                response.send();
            }
            case Reply.Answered answered -> {}
        }
    }

    private void send(ServerResponse response, int status, JteModel model) {
        Pages.dashboardHeaders(response);
        response.status(Status.create(status));
        response.send(model.render());
    }

    private void toSignIn(ServerRequest request, ServerResponse response) {
        String asked = request.path().rawPath();
        boolean isPart = request.headers().contains(HeaderNames.create("HX-Request"));
        String address = Links.at(
                "/dashboard/sign-in" + (asked.equals("/dashboard") ? "" : "?next=" + PercentEncoding.encode(asked)));
        response.header(HeaderNames.CACHE_CONTROL, "no-store");
        if (isPart) {
            // htmx must leave the page, not put the sign-in form into a part of it.
            response.header(HeaderNames.create("HX-Redirect"), address);
            response.send();
            return;
        }
        response.status(Status.SEE_OTHER_303);
        response.header(HeaderNames.LOCATION, address);
        response.send();
    }
}
