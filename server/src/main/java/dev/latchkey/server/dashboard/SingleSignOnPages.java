package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.SignIns;
import dev.latchkey.server.team.SingleSignOn;
import io.helidon.http.Method;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** The redirect to the company's identity provider and back. The expected state is kept in the browser's cookie, so any node can finish. */
final class SingleSignOnPages {
    private static final Duration LIFETIME = Duration.ofMinutes(10);

    private final SingleSignOn signOn;
    private final SignIns signIns;
    private final DashboardRouter router;
    private final BrowserSessions browsers;
    private final DashboardCookies cookies;

    SingleSignOnPages(
            SingleSignOn signOn,
            SignIns signIns,
            DashboardRouter router,
            BrowserSessions browsers,
            DashboardCookies cookies) {
        this.signOn = signOn;
        this.signIns = signIns;
        this.router = router;
        this.browsers = browsers;
        this.cookies = cookies;
    }

    void register() {
        router.open(Method.GET, "/dashboard/sso", this::begin);
        router.open(Method.GET, "/dashboard/sso/callback", this::finish);
    }

    private Reply begin(Guest guest) {
        try {
            SingleSignOn.Begun begun = signOn.begin();
            cookies.keepForSingleSignOn(
                    guest.response(),
                    String.join(
                            "~",
                            begun.state(),
                            begun.nonce(),
                            begun.verifier(),
                            PercentEncoding.encode(SignInPages.next(guest))),
                    LIFETIME);
            return Reply.see(begun.address().toString());
        } catch (SingleSignOn.RefusedException e) {
            throw PageException.wrong(String.valueOf(e.getMessage()));
        }
    }

    private Reply finish(Guest guest) {
        String[] kept = cookies.keptForSingleSignOn(guest.request()).orElse("").split("~", 4);
        cookies.keepForSingleSignOn(guest.response(), "", Duration.ZERO);
        Map<String, String> query = new HashMap<>();
        guest.request()
                .query()
                .names()
                .forEach(name -> query.put(name, guest.request().query().get(name)));
        if (kept.length != 4 || !same(kept[0], query.getOrDefault("state", ""))) {
            throw PageException.wrong(
                    "This sign-in began in another browser, or more than ten minutes ago. Start again.");
        }
        try {
            SingleSignOn.Person person = signOn.finish(query, kept[1], kept[2]);
            Member member = signIns.bySingleSignOn(person)
                    .orElseThrow(() -> PageException.forbidden(person.email()
                                    .map(email -> email + " is not a member yet.")
                                    .orElse("The identity provider returned no verified email address.")
                            + " Ask an owner to invite you."));
            browsers.signIn(guest.request(), guest.response(), member);
            // Without https the cookie may be another server's of this host: it says where to go, not to whom.
            return Reply.see(SignInPages.page(Optional.of(URLDecoder.decode(kept[3], StandardCharsets.UTF_8))));
        } catch (SingleSignOn.RefusedException e) {
            throw PageException.wrong(String.valueOf(e.getMessage()));
        }
    }

    private static boolean same(String one, String other) {
        return MessageDigest.isEqual(one.getBytes(StandardCharsets.UTF_8), other.getBytes(StandardCharsets.UTF_8));
    }
}
