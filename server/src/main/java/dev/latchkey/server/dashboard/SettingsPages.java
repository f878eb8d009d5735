package dev.latchkey.server.dashboard;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.environments.ApiKeys;
import dev.latchkey.server.environments.ConfirmUser;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.environments.EnvironmentKey;
import dev.latchkey.server.environments.Environments;
import dev.latchkey.server.environments.Forwarding;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.pages.Links;
import dev.latchkey.server.pages.templates.StaticTemplates;
import dev.latchkey.server.team.Role.Permission;
import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;

/** An environment's keys and trusted URLs; and the list of environments. */
public final class SettingsPages {
    private static final StaticTemplates TEMPLATES = new StaticTemplates();

    private final Environments environments;
    private final ApiKeys keys;
    private final InstantSource clock;
    private final URI publicUrl;

    SettingsPages(Environments environments, ApiKeys keys, InstantSource clock, URI publicUrl) {
        this.clock = clock;
        this.environments = environments;
        this.keys = keys;
        this.publicUrl = publicUrl;
    }

    /**
     * @param keys those of the environment, for members who may make keys
     * @param held those that grant nothing that the member lacks: only these can be deleted
     * @param newKey its text, right after it was made
     * @param scopes that the member may give to a key
     * @param mayGiveEverything also {@code environment:*}
     */
    public record Settings(
            Environment environment,
            List<EnvironmentKey> keys,
            Set<UUID> held,
            boolean mayGiveEverything,
            Optional<String> newKey,
            Map<String, List<String>> scopes,
            Instant now,
            String defaultCallback,
            List<ApiExample> examples) {
        public String lastDay(EnvironmentKey key) {
            return KeyLimits.lastDay(key.expiresAt());
        }

        public String returnUrls() {
            return String.join("\n", environment.returnUrls());
        }

        public String connectUiParents() {
            return String.join("\n", environment.connectUiParents());
        }
    }

    /** @param newKey of an environment that was just made; @param typed a name that was refused */
    public record EnvironmentsPage(
            List<Environment> environments, Optional<String> newKey, String typed, List<ApiExample> examples) {}

    void register(DashboardRouter router) {
        router.page(
                "/dashboard/environments",
                Permission.ADMINISTER,
                visit -> all(visit, visit.once().map(ShownOnce.Content::text)));
        router.action("/dashboard/environments", "POST /environments", Permission.ADMINISTER, this::createEnvironment);
        router.action(
                "/dashboard/{env}/delete", "DELETE /environments/{id}", Permission.ADMINISTER, this::deleteEnvironment);
        router.page(
                "/dashboard/{env}/settings",
                Permission.VIEW,
                visit -> page(visit, visit.once().map(ShownOnce.Content::text)));
        router.action("/dashboard/{env}/settings", "PATCH /environment", Permission.CHANGE, this::save);
        router.action(
                "/dashboard/{env}/settings/keys", "POST /environment/api-keys", Permission.CHANGE, this::createKey);
        router.action(
                "/dashboard/{env}/settings/keys/delete",
                "DELETE /environment/api-keys",
                Permission.CHANGE,
                this::deleteKey);
        // After the word that an id could be taken for.
        router.action(
                "/dashboard/{env}/settings/keys/{id}",
                "PATCH /environment/api-keys/{id}",
                Permission.CHANGE,
                this::changeKey);
    }

    private Reply page(Visit visit, Optional<String> newKey) {
        Environment environment = environments.byId(visit.environmentId()).orElseThrow();
        String url = publicUrl + "/environment";
        Actor actor = visit.actor();
        List<EnvironmentKey> all =
                actor.may(environment.id(), Scopes.WRITE_KEYS) ? keys.list(environment.id()) : List.of();
        return Reply.html(TEMPLATES.settings(
                visit.frame("Environment", "settings"),
                new Settings(
                        environment,
                        all,
                        all.stream()
                                .filter(key -> actor.holds(environment.id(), key.scopes()))
                                .map(EnvironmentKey::id)
                                .collect(Collectors.toSet()),
                        actor.holds(environment.id(), List.of(Scopes.EVERYTHING)),
                        newKey,
                        given(actor, environment),
                        clock.instant(),
                        publicUrl + "/oauth/callback",
                        List.of(
                                ApiExample.of("Read the settings", "GET", url),
                                ApiExample.of("Change them", "PATCH", url)
                                        .with(
                                                "{\"callback_url\": \"https://connect.example.com/oauth/callback\", \"return_urls\": [], \"connect_ui_parents\": [], \"confirm_user\": \"links\", \"webhook_forwarding\": \"events\"}"),
                                ApiExample.of("List keys", "GET", url + "/api-keys"),
                                ApiExample.of("Make a key", "POST", url + "/api-keys")
                                        .with("{\"name\": \"reader\", \"scopes\": [\"environment:connections:read\"]}"),
                                ApiExample.of("Change a key", "PATCH", url + "/api-keys/ID")
                                        .with(
                                                "{\"expires_at\": \"2027-06-30T00:00:00Z\", \"allowed_addresses\": [\"203.0.113.0/24\"]}"),
                                ApiExample.of("Pause a key", "POST", url + "/api-keys/ID/pause")
                                        .with("{\"reason\": \"leaked\"}"),
                                ApiExample.of("Pause the environment", "POST", url + "/pause")
                                        .with("{\"reason\": \"maintenance\"}"),
                                ApiExample.of("Delete a key", "DELETE", url + "/api-keys")
                                        .with("{\"id\": \"…\"}")))));
    }

    /** By area: the scopes that the member may give to a key, which are the member's own. */
    private static Map<String, List<String>> given(Actor actor, Environment environment) {
        Map<String, List<String>> given = new LinkedHashMap<>();
        Scopes.KNOWN.forEach((area, scopes) -> given.put(
                area,
                scopes.stream()
                        .filter(scope -> actor.holds(environment.id(), List.of(scope)))
                        .toList()));
        return given;
    }

    private Reply save(Visit visit) {
        String back = visit.at("/settings");
        Optional<String> callback = visit.filled("callback_url");
        List<String> urls = lines(visit, "return_urls");
        List<String> parents = lines(visit, "connect_ui_parents");
        Environment before = visit.environment();
        ConfirmUser confirm = ConfirmUser.of(visit.field("confirm_user")).orElse(before.confirmUser());
        Forwarding forwarding = Forwarding.of(visit.field("webhook_forwarding")).orElse(before.forwarding());
        List<Environment.Problem> problems = environments.update(
                visit.actor(),
                new Environment(
                        before.id(), before.name(), callback, urls, parents, before.pause(), confirm, forwarding));
        return problems.isEmpty()
                ? Reply.see(back, "Saved.")
                : Reply.see(
                        back,
                        problems.stream()
                                .map(problem -> (problem.value().isEmpty()
                                                ? problem.setting().replace('_', ' ')
                                                : problem.value())
                                        + " " + problem.message() + ".")
                                .collect(Collectors.joining(" ", "!", "")));
    }

    private static List<String> lines(Visit visit, String name) {
        return visit.field(name)
                .lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .toList();
    }

    private Reply createKey(Visit visit) {
        String back = visit.at("/settings");
        String name = visit.field("name");
        List<String> scopes = visit.field("access").equals("some")
                ? visit.fields("scope")
                : List.of(visit.field("access").equals("account") ? Scopes.ACCOUNT : Scopes.EVERYTHING);
        if (name.isEmpty() || name.length() > ApiKeys.LONGEST_NAME) {
            return Reply.see(back, "!Give the key a name of at most " + ApiKeys.LONGEST_NAME + " characters.");
        }
        if (scopes.isEmpty() || !scopes.stream().allMatch(Scopes::isKnown)) {
            return Reply.see(back, "!Choose at least one scope: a key without one grants nothing.");
        }
        Optional<KeyLimits> narrow = KeyLimits.read(visit, clock.instant());
        if (narrow.isEmpty()) {
            return Reply.see(back, KeyLimits.PROBLEM);
        }
        ApiKeys.Created made = keys.create(
                visit.actor(),
                visit.environment(),
                new ApiKeys.Draft(
                        name, scopes, narrow.get().expiresAt(), narrow.get().allowed()));
        return Reply.once(back, Disclosure.ofNew(made.text()));
    }

    private Reply changeKey(Visit visit) {
        String back = visit.at("/settings");
        Optional<KeyLimits> narrow = KeyLimits.read(visit, clock.instant());
        if (narrow.isEmpty()) {
            return Reply.see(back, KeyLimits.PROBLEM);
        }
        Optional<EnvironmentKey> changed = Ids.parse(visit.path("id"))
                .flatMap(id -> keys.find(visit.environment().id(), id))
                .flatMap(before -> keys.change(
                        visit.actor(),
                        visit.environment(),
                        before.id(),
                        new ApiKeys.Draft(
                                before.name(),
                                before.scopes(),
                                narrow.get().expiresAt(),
                                narrow.get().allowed())));
        return Reply.see(back, changed.map(key -> key.name() + " is changed.").orElse("!This key has been deleted."));
    }

    private Reply deleteKey(Visit visit) {
        boolean deleted = Ids.parse(visit.field("id"))
                .flatMap(id -> keys.delete(visit.actor(), visit.environment(), id))
                .isPresent();
        return Reply.see(
                visit.at("/settings"),
                deleted
                        ? "The key is deleted; it stops working within five seconds."
                        : "!This key has already been deleted.");
    }

    private Reply all(Visit visit, Optional<String> newKey) {
        String url = publicUrl + "/environments";
        return Reply.html(TEMPLATES.environments(
                visit.frame("Environments", ""),
                new EnvironmentsPage(
                        environments.list(),
                        newKey,
                        visit.query("name").orElse(""),
                        List.of(
                                ApiExample.of("List environments", "GET", url),
                                ApiExample.of("Add one", "POST", url).with("{\"name\": \"staging\"}"),
                                ApiExample.of("Delete one", "DELETE", url + "/ID")))));
    }

    private Reply createEnvironment(Visit visit) {
        String name = visit.field("name");
        if (!Environments.isName(name)) {
            return Reply.see(
                    "/dashboard/environments"
                            + Links.query(Map.of("name", name.substring(0, Math.min(name.length(), 40)))),
                    "!A name has lower-case letters, digits and -, up to 40; some words are reserved for pages.");
        }
        Optional<Environments.Made> made = environments.create(visit.actor(), name, Optional.empty());
        return made.isEmpty()
                ? Reply.see(
                        "/dashboard/environments" + Links.query(Map.of("name", name)),
                        "!An environment called " + name + " exists already.")
                : Reply.once(
                        "/dashboard/environments", Disclosure.ofNew(made.get().firstKey()));
    }

    private Reply deleteEnvironment(Visit visit) {
        Environment environment = visit.environment();
        if (!visit.field("name").equals(environment.name())) {
            return Reply.see(
                    "/dashboard/environments", "!" + environment.name() + " was not deleted: its name was not typed.");
        }
        if (!environments.delete(visit.actor(), environment)) {
            return Reply.see("/dashboard/environments", "!The last environment cannot be deleted.");
        }
        return Reply.see("/dashboard/environments", environment.name() + " is deleted, with everything in it.");
    }
}
