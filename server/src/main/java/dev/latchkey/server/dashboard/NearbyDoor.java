package dev.latchkey.server.dashboard;

import dev.latchkey.server.team.DashboardSessions;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Role.Permission;
import io.helidon.http.HeaderNames;
import io.helidon.http.Method;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Access to what needs no key: the first page and the lab's controls. Open to requests from this machine and to signed-in members;
 * changes require a member with the right. Thread-safe once everything is registered.
 */
public final class NearbyDoor {
    /** The message for strangers. */
    public static final String REFUSAL =
            "This answers requests of the machine that Latchkey runs on (http://localhost), and members who are signed in to the dashboard.";

    private final List<String> declared = new ArrayList<>();
    private final DashboardSessions sessions;
    private final DashboardCookies cookies;

    public NearbyDoor(DashboardSessions sessions, URI publicUrl) {
        this.sessions = sessions;
        this.cookies = new DashboardCookies(publicUrl);
    }

    /** Whether it opens to this request. */
    public boolean opensTo(ServerRequest request) {
        // Another site's page must not make this browser act here.
        String site =
                request.headers().first(HeaderNames.create("Sec-Fetch-Site")).orElse("same-origin");
        boolean reads = request.prologue().method().equals(Method.GET)
                || request.prologue().method().equals(Method.HEAD);
        if (!site.equals("same-origin") && !(reads && site.equals("none"))) {
            return false;
        }
        Permission needed = reads ? Permission.VIEW : Permission.CHANGE;
        return ThisMachine.sent(request)
                || member(request).filter(it -> it.role().may(needed)).isPresent();
    }

    private Optional<Member> member(ServerRequest request) {
        return cookies.session(request).flatMap(sessions::find);
    }

    /** @param refused responds to refused requests */
    void route(HttpRules routing, Method method, String path, Handler handler, Handler refused) {
        declare(method.text() + " " + path);
        routing.route(
                method, path, (request, response) -> (opensTo(request) ? handler : refused).handle(request, response));
    }

    /** A handler that calls {@link #opensTo} itself. */
    public void declare(String route) {
        declared.add(route);
    }

    /** Method and path of everything it protects. */
    public List<String> declared() {
        return List.copyOf(declared);
    }
}
