package dev.latchkey.server.dashboard;

import dev.latchkey.server.http.ClientAddress;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.DashboardSessions;
import dev.latchkey.server.team.KnownBrowsers;
import dev.latchkey.server.team.Member;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/** Which member a browser belongs to, by its cookies. Thread-safe. */
final class BrowserSessions {
    private final DashboardSessions sessions;
    private final KnownBrowsers browsers;
    private final ClientAddress addresses;
    private final DashboardCookies cookies;

    BrowserSessions(
            DashboardSessions sessions, KnownBrowsers browsers, ClientAddress addresses, DashboardCookies cookies) {
        this.sessions = sessions;
        this.browsers = browsers;
        this.addresses = addresses;
        this.cookies = cookies;
    }

    /** A member's browser: a new session, whatever cookie it held before. From now on it is known as the member's. */
    void signIn(ServerRequest request, ServerResponse response, Member member) {
        Secret known = browsers.remember(member, cookies.browser(request));
        cookies.keepBrowser(response, known);
        cookies.keepSession(response, sessions.begin(member));
        cookies.forgetGuest(response);
    }

    void signOut(ServerRequest request, ServerResponse response) {
        cookies.session(request).ifPresent(sessions::end);
        cookies.forgetSession(response);
    }

    boolean isSignedIn(ServerRequest request) {
        return cookies.session(request).flatMap(sessions::find).isPresent();
    }

    /** Of the session, which counts as active. */
    Optional<Member> find(Secret session) {
        return sessions.find(session);
    }

    /** The same without counting as activity. */
    Optional<Member> look(Secret session) {
        return sessions.look(session);
    }

    /** The browser of the request, where the member has signed in with it before. */
    Optional<KnownBrowsers.Browser> known(ServerRequest request, Member member) {
        return cookies.browser(request).flatMap(cookie -> browsers.find(cookie, member));
    }

    /** The subject of a limit. */
    String address(ServerRequest request) {
        return addresses.of(request);
    }

    Secret newToken() {
        return sessions.newToken();
    }
}
