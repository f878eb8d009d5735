package dev.latchkey.server.dashboard;

import dev.latchkey.server.http.CookieScope;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.KnownBrowsers;
import io.helidon.http.SetCookie;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The dashboard's cookies: their names, attributes and lifetimes. */
final class DashboardCookies {
    private static final String THEME = "latchkey-theme";
    private static final String NOTICE = "latchkey-notice";
    private static final String ENVIRONMENT = "latchkey-environment";
    private static final String ONCE = "latchkey-once";

    private final CookieScope scope;
    private final String session;
    private final String guest;
    private final String signOn;
    private final String browser;

    DashboardCookies(URI publicUrl) {
        this.scope = CookieScope.of(publicUrl);
        String prefix = scope.prefix();
        this.session = prefix + "latchkey-dashboard";
        this.guest = prefix + "latchkey-guest";
        this.signOn = prefix + "latchkey-sign-on";
        this.browser = prefix + "latchkey-browser";
    }

    /** A member's browser holds it. */
    Optional<Secret> session(ServerRequest request) {
        return token(request, session);
    }

    void keepSession(ServerResponse response, Secret token) {
        set(response, session, token.reveal(), Duration.ofHours(12));
    }

    void forgetSession(ServerResponse response) {
        set(response, session, "", Duration.ZERO);
    }

    Optional<Secret> guest(ServerRequest request) {
        return token(request, guest);
    }

    void keepGuest(ServerResponse response, Secret token) {
        set(response, guest, token.reveal(), Duration.ofHours(2));
    }

    void forgetGuest(ServerResponse response) {
        set(response, guest, "", Duration.ZERO);
    }

    Optional<Secret> browser(ServerRequest request) {
        return token(request, browser);
    }

    void keepBrowser(ServerResponse response, Secret token) {
        set(response, browser, token.reveal(), KnownBrowsers.LIFETIME);
    }

    /** In the browser that began a single sign-on, until it comes back. */
    void keepForSingleSignOn(ServerResponse response, String value, Duration lifetime) {
        set(response, signOn, value, lifetime);
    }

    Optional<String> keptForSingleSignOn(ServerRequest request) {
        return request.headers().cookies().first(signOn).asOptional();
    }

    /** A sentence that the next page shows once. */
    void keepNotice(ServerResponse response, String text) {
        set(
                response,
                NOTICE,
                Base64.getUrlEncoder().withoutPadding().encodeToString(text.getBytes(StandardCharsets.UTF_8)),
                Duration.ofMinutes(1));
    }

    void forgetNotice(ServerResponse response) {
        set(response, NOTICE, "", Duration.ZERO);
    }

    static Optional<String> notice(ServerRequest request) {
        return request.headers()
                .cookies()
                .first(NOTICE)
                .asOptional()
                .filter(value -> !value.isEmpty())
                .map(value -> {
                    try {
                        return new String(Base64.getUrlDecoder().decode(value), StandardCharsets.UTF_8);
                    } catch (IllegalArgumentException e) {
                        return "";
                    }
                });
    }

    /** Encrypted, for the page that follows: {@link ShownOnce}. */
    void keepOnce(ServerResponse response, String value) {
        set(response, ONCE, value, ShownOnce.LIFETIME);
    }

    void forgetOnce(ServerResponse response) {
        set(response, ONCE, "", Duration.ZERO);
    }

    static Optional<String> once(ServerRequest request) {
        return request.headers().cookies().first(ONCE).asOptional().filter(value -> !value.isEmpty());
    }

    /** The name of the environment that this browser saw last: pages of the whole account keep it in their navigation. */
    static Optional<String> environment(ServerRequest request) {
        return request.headers().cookies().first(ENVIRONMENT).asOptional();
    }

    void keepEnvironment(ServerResponse response, String name) {
        set(response, ENVIRONMENT, name, Duration.ofDays(30));
    }

    /** Empty: as the system is. */
    static String theme(ServerRequest request) {
        return request.headers()
                .cookies()
                .first(THEME)
                .asOptional()
                .filter(List.of("light", "dark")::contains)
                .orElse("");
    }

    private static Optional<Secret> token(ServerRequest request, String name) {
        return request.headers()
                .cookies()
                .first(name)
                .asOptional()
                .filter(value -> value.matches("[A-Za-z0-9_-]{43}"))
                .map(Secret::new);
    }

    private void set(ServerResponse response, String name, String value, Duration lifetime) {
        response.headers()
                .addCookie(SetCookie.builder(name, value)
                        .path(scope.path())
                        .httpOnly(true)
                        .secure(scope.secure())
                        .sameSite(SetCookie.SameSite.LAX)
                        .maxAge(lifetime)
                        .build());
    }
}
