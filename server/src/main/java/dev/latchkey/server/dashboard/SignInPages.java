package dev.latchkey.server.dashboard;

import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Invitations;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Members;
import dev.latchkey.server.team.Role.Permission;
import dev.latchkey.server.team.SignIns;
import dev.latchkey.server.team.TeamParts;
import io.helidon.http.Method;
import io.helidon.webserver.http.ServerRequest;
import java.net.URI;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;

/** Setting the first password, signing in and out, and following an invitation. */
public final class SignInPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Members members;
    private final Invitations invitations;
    private final SignIns signIns;
    private final DashboardRouter router;
    private final BrowserSessions browsers;
    private final URI publicUrl;
    private final boolean lab;
    private final boolean singleSignOn;

    SignInPages(TeamParts team, DashboardRouter router, BrowserSessions browsers, URI publicUrl, boolean lab) {
        this.members = team.members;
        this.invitations = team.invitations;
        this.signIns = team.signIns;
        this.router = router;
        this.browsers = browsers;
        this.publicUrl = publicUrl;
        this.lab = lab;
        this.singleSignOn = team.singleSignOn.isPresent();
    }

    /**
     * @param asksWho more than one member has a password
     * @param next where to go when signed in
     */
    public record SignIn(
            String theme,
            String formToken,
            boolean asksWho,
            String who,
            String next,
            Optional<String> problem,
            Optional<String> notice,
            boolean singleSignOn) {}

    /** @param asksToken not from this machine: the token printed at startup is required */
    public record Setup(String theme, String formToken, boolean asksToken, Optional<String> problem) {}

    public record Join(String theme, String formToken, Optional<String> problem) {}

    void register() {
        router.open(Method.GET, "/dashboard/sign-in", this::signIn);
        router.open(Method.POST, "/dashboard/sign-in", this::trySignIn);
        router.open(Method.GET, "/dashboard/setup", this::setup);
        router.open(Method.POST, "/dashboard/setup", this::trySetup);
        router.open(Method.GET, "/dashboard/join", guest -> Reply.html(join(guest, Optional.empty())));
        router.open(Method.POST, "/dashboard/join", this::tryJoin);
        router.ownAction("/dashboard/sign-out", Permission.VIEW, visit -> {
            browsers.signOut(visit.request(), visit.response());
            signIns.out(visit.member());
            return Reply.see("/dashboard/sign-in", "You have signed out.");
        });
    }

    private Reply signIn(Guest guest) {
        if (members.isEmpty()) {
            return Reply.see("/dashboard/setup");
        }
        if (browsers.isSignedIn(guest.request())) {
            return Reply.see("/dashboard");
        }
        return signIn(guest, "", Optional.empty(), 200);
    }

    private Reply signIn(Guest guest, String who, Optional<String> problem, int status) {
        return new Reply.Html(
                TEMPLATES.signIn(new SignIn(
                        guest.theme(),
                        guest.formToken(),
                        members.onlyOneWithPassword().isEmpty(),
                        who,
                        next(guest),
                        problem,
                        guest.notice().filter(text -> !text.isEmpty()),
                        singleSignOn)),
                status);
    }

    private Reply trySignIn(Guest guest) {
        String who = guest.field("email");
        Optional<Member> member = who.isEmpty() ? members.onlyOneWithPassword() : members.byEmail(who);
        SignIns.Result result = signIns.byPassword(
                member,
                member.map(Member::email).orElse(who),
                member.flatMap(one -> browsers.known(guest.request(), one)),
                browsers.address(guest.request()),
                guest.secret("password"));
        return switch (result) {
            case SignIns.Result.Wait wait ->
                signIn(
                        guest,
                        who,
                        Optional.of("Too many wrong passwords. Try again in " + waiting(wait.remaining()) + "."),
                        429);
            case SignIns.Result.Wrong _ ->
                signIn(guest, who, Optional.of("That is not right. Check your entry and try again."), 401);
            case SignIns.Result.Done done -> {
                browsers.signIn(guest.request(), guest.response(), done.member());
                yield Reply.see(next(guest));
            }
        };
    }

    private Reply setup(Guest guest) {
        return members.isEmpty() ? Reply.html(setup(guest, Optional.empty())) : Reply.see("/dashboard/sign-in");
    }

    private gg.jte.models.runtime.JteModel setup(Guest guest, Optional<String> problem) {
        return TEMPLATES.setup(new Setup(guest.theme(), guest.formToken(), !isThisMachine(guest.request()), problem));
    }

    private Reply trySetup(Guest guest) {
        if (!isThisMachine(guest.request()) && !invitations.isSetupToken(guest.field("token"))) {
            return new Reply.Html(
                    setup(
                            guest,
                            Optional.of(
                                    "This setup token is unknown. The one to use was printed where Latchkey started.")),
                    403);
        }
        return switch (signIns.setUp(guest.field("email"), guest.secret("password"))) {
            case Members.Change.Refused refused -> new Reply.Html(setup(guest, Optional.of(refused.reason())), 400);
            case Members.Change.Done done -> {
                browsers.signIn(guest.request(), guest.response(), done.member());
                yield Reply.see("/dashboard", "Welcome. This password is the owner's; add your team when you like.");
            }
        };
    }

    private gg.jte.models.runtime.JteModel join(Guest guest, Optional<String> problem) {
        return TEMPLATES.join(new Join(guest.theme(), guest.formToken(), problem));
    }

    private Reply tryJoin(Guest guest) {
        return switch (signIns.join(guest.field("token"), guest.secret("password"))) {
            case Members.Change.Refused refused -> new Reply.Html(join(guest, Optional.of(refused.reason())), 400);
            case Members.Change.Done done -> {
                browsers.signIn(guest.request(), guest.response(), done.member());
                yield Reply.see("/dashboard", "Welcome, " + done.member().displayName() + ".");
            }
        };
    }

    /** A browser on this machine, for trying out Latchkey: only where the lab is on and the public address is this machine's. */
    private boolean isThisMachine(ServerRequest request) {
        return lab && Configuration.isLoopbackName(publicUrl.getHost()) && ThisMachine.sent(request);
    }

    static String next(Guest guest) {
        return page(
                Optional.of(guest.field("next")).filter(text -> !text.isEmpty()).or(() -> guest.query("next")));
    }

    /** A page of ours; anything else would make this an open redirect. */
    static String page(Optional<String> asked) {
        return asked.filter(path -> path.matches("/dashboard(/[A-Za-z0-9~._%/-]*)?") && !path.contains("//"))
                // Leads out of the dashboard, as browsers read it.
                .filter(path ->
                        !path.toLowerCase(Locale.ROOT).replace("%2e", ".").contains("/.."))
                .orElse("/dashboard");
    }

    static String waiting(Duration wait) {
        return wait.toSeconds() < 60 ? Words.plural(wait.toSeconds() + 1, "second") : Words.length(wait);
    }
}
