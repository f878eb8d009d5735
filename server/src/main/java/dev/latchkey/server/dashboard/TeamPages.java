package dev.latchkey.server.dashboard;

import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.pages.PageException;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.team.Invitations;
import dev.latchkey.server.team.Member;
import dev.latchkey.server.team.Members;
import dev.latchkey.server.team.Role;
import dev.latchkey.server.team.Role.Permission;
import dev.latchkey.server.team.SignIns;
import dev.latchkey.server.team.TeamParts;
import java.net.URI;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import tools.jackson.databind.JsonNode;

/** The team, and the member's own account. */
public final class TeamPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Members members;
    private final Invitations invitations;
    private final Environments environments;
    private final SignIns signIns;
    private final DashboardRouter router;
    private final BrowserSessions browsers;
    private final URI publicUrl;

    TeamPages(
            TeamParts team,
            Environments environments,
            DashboardRouter router,
            BrowserSessions browsers,
            URI publicUrl) {
        this.members = team.members;
        this.invitations = team.invitations;
        this.environments = environments;
        this.signIns = team.signIns;
        this.router = router;
        this.browsers = browsers;
        this.publicUrl = publicUrl;
    }

    /** @param link that lets a member set a password, right after it was made */
    public record Team(
            List<Member> members,
            List<Environment> environments,
            Optional<String> link,
            String linkFor,
            List<ApiExample> examples) {}

    void register() {
        router.page("/dashboard/team", Permission.ADMINISTER, visit -> {
            Optional<JsonNode> link = visit.once().map(it -> Json.MAPPER.readTree(it.text()));
            return team(
                    visit,
                    link.map(it -> it.path("link").asString()),
                    link.map(it -> it.path("for").asString()).orElse(""));
        });
        router.action("/dashboard/team", "POST /team", Permission.ADMINISTER, this::invite);
        router.action("/dashboard/team/{id}", "PATCH /team/{id}", Permission.ADMINISTER, this::change);
        router.action("/dashboard/team/{id}/link", "POST /team/{id}/invitation-link", Permission.ADMINISTER, visit -> {
            Member member = member(visit);
            return link(visit, member);
        });
        router.action("/dashboard/team/{id}/remove", "DELETE /team/{id}", Permission.ADMINISTER, this::remove);
        router.page(
                "/dashboard/account",
                Permission.VIEW,
                visit -> Reply.html(TEMPLATES.account(visit.frame("Account", ""))));
        router.ownAction("/dashboard/account", Permission.VIEW, this::password);
    }

    private Reply team(Visit visit, Optional<String> link, String linkFor) {
        String url = publicUrl + "/team";
        return Reply.html(TEMPLATES.team(
                visit.frame("Team", "team"),
                new Team(
                        members.list(),
                        environments.list(),
                        link,
                        linkFor,
                        List.of(
                                ApiExample.of("List members", "GET", url),
                                ApiExample.of("Invite", "POST", url)
                                        .with(
                                                "{\"email\": \"ada@example.com\", \"role\": \"developer\", \"environments\": {\"dev\": {\"reveal\": true}}}"),
                                ApiExample.of("Change", "PATCH", url + "/ID").with("{\"role\": \"support\"}"),
                                ApiExample.of("New invitation link", "POST", url + "/ID/invitation-link"),
                                ApiExample.of("Remove", "DELETE", url + "/ID")))));
    }

    /** The page that follows shows it, with whose it is. */
    private Reply link(Visit visit, Member member) {
        return Reply.once(
                "/dashboard/team",
                Json.MAPPER
                        .createObjectNode()
                        .put(
                                "link",
                                publicUrl + "/dashboard/join#"
                                        + Disclosure.ofNew(invitations.link(visit.actor(), member)))
                        .put("for", member.email())
                        .toString());
    }

    private Reply invite(Visit visit) {
        return switch (members.invite(visit.actor(), visit.field("email"), role(visit), rights(visit))) {
            case Members.Change.Refused refused -> Reply.see("/dashboard/team", "!" + refused.reason());
            case Members.Change.Done done -> link(visit, done.member());
        };
    }

    private Reply change(Visit visit) {
        Member before = member(visit);
        return switch (members.change(visit.actor(), before.id(), role(visit), rights(visit))) {
            case Members.Change.Refused refused -> Reply.see("/dashboard/team", "!" + refused.reason());
            case Members.Change.Done done ->
                Reply.see("/dashboard/team", done.member().displayName() + " is changed.");
        };
    }

    private Reply remove(Visit visit) {
        return switch (members.remove(visit.actor(), member(visit).id())) {
            case Members.Change.Refused refused -> Reply.see("/dashboard/team", "!" + refused.reason());
            case Members.Change.Done done ->
                Reply.see("/dashboard/team", done.member().displayName() + " is removed and signed out.");
        };
    }

    private Member member(Visit visit) {
        return Ids.parse(visit.path("id"))
                .flatMap(members::byId)
                .orElseThrow(() -> PageException.notFound("There is no such member. They may have been removed."));
    }

    private static Role role(Visit visit) {
        return Role.of(visit.field("role")).orElse(Role.SUPPORT);
    }

    private Map<UUID, Boolean> rights(Visit visit) {
        Map<UUID, Boolean> rights = new HashMap<>();
        for (Environment environment : environments.list()) {
            switch (visit.field("environment." + environment.name())) {
                case "see" -> rights.put(environment.id(), false);
                case "reveal" -> rights.put(environment.id(), true);
                default -> {}
            }
        }
        return rights;
    }

    private Reply password(Visit visit) {
        Secret old = new Secret(visit.form().first("old").orElse(""));
        Secret wanted = new Secret(visit.form().first("password").orElse(""));
        Optional<String> problem = Members.problem(wanted);
        if (problem.isPresent()) {
            return Reply.see("/dashboard/account", "!" + problem.get());
        }
        return switch (signIns.changePassword(visit.member(), old, wanted)) {
            case SignIns.Result.Wait wait ->
                Reply.see(
                        "/dashboard/account",
                        "!Too many wrong passwords. Try again in " + SignInPages.waiting(wait.remaining()) + ".");
            case SignIns.Result.Wrong _ -> Reply.see("/dashboard/account", "!The current password is not correct.");
            case SignIns.Result.Done done -> {
                // Every session ended with it, this browser's too: it continues with a new one.
                browsers.signIn(visit.request(), visit.response(), done.member());
                yield Reply.see("/dashboard/account", "The password is changed; other browsers are signed out.");
            }
        };
    }
}
