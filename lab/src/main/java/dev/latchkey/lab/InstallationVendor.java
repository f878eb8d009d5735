package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where an app is installed in an account, or requested, and where the app then gets its tokens. */
final class InstallationVendor {
    /** GitHub refuses an app's token with a longer lifetime. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final Provider provider;
    private final Grants grants;
    private final ConsentPage page;
    private final URI base;
    private final InstantSource clock;
    private final SampleValues samples;
    private final Belongings belongings;

    InstallationVendor(Provider provider, Grants grants, ConsentPage page, URI base, InstantSource clock) {
        this.provider = provider;
        this.grants = grants;
        this.page = page;
        this.base = base;
        this.clock = clock;
        this.samples = new SampleValues(provider);
        this.belongings = new Belongings(provider);
    }

    Answer page(LabRequest request) {
        if (request.method().equals("GET")) {
            return Answer.page(200, page.installation(), "installation page");
        }
        if (request.fromAnotherSite()) {
            return Answer.page(403, page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Optional<TestUser> user = TestUser.find(request.form().getOrDefault("user", ""));
        String decision = request.form().getOrDefault("decision", "");
        Map<String, String> answer = new LinkedHashMap<>();
        if (user.isEmpty() || !decision.equals("allow") && !decision.equals("request")) {
            answer.put("error", "access_denied");
        } else {
            answer.put("setup_action", decision.equals("allow") ? "install" : "request");
            if (decision.equals("allow")) {
                belongings
                        .told()
                        .forEach(field -> answer.put(
                                ((Field.Source.Callback) field.source().orElseThrow()).parameter(),
                                belongings.of(field, user.get(), request.host()).asString()));
            }
            Auth.AppInstallation app = (Auth.AppInstallation) provider.auth();
            if (app.user().or(app::prover).isPresent()) {
                answer.put(
                        "code",
                        grants.code(
                                user.get(),
                                Map.of(),
                                request.host(),
                                new LabTokens.Binding(base + "/oauth/callback", Optional.empty())));
            }
        }
        Optional.ofNullable(request.query().get("state")).ifPresent(state -> answer.put("state", state));
        return Answer.redirect(callback(answer), answer.getOrDefault("setup_action", "access_denied"));
    }

    /** A plug-in's installation: the callback identifies the site. */
    Answer plugin(LabRequest request) {
        if (request.method().equals("GET")) {
            return Answer.page(200, page.installation(), "installation page");
        }
        if (request.fromAnotherSite()) {
            return Answer.page(403, page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Optional<TestUser> user = TestUser.find(request.form().getOrDefault("user", ""));
        boolean allowed = request.form().getOrDefault("decision", "").equals("allow") && user.isPresent();
        Map<String, String> answer = new LinkedHashMap<>();
        if (!allowed) {
            answer.put("error", "access_denied");
        } else {
            for (String name : ((Auth.PluginInstall) provider.auth()).callback()) {
                answer.put(
                        name,
                        samples.of(field(name), user.get(), request.host()).asString());
            }
        }
        Optional.ofNullable(request.query().get("state")).ifPresent(state -> answer.put("state", state));
        return Answer.redirect(
                callback(answer), allowed ? "installed by " + user.get().key() : "access_denied");
    }

    /** The field that a callback's value goes into. */
    private String field(String parameter) {
        return belongings.told(parameter).map(Field::id).orElse(parameter);
    }

    private String callback(Map<String, String> answer) {
        return base + "/oauth/callback?"
                + answer.entrySet().stream()
                        .map(one -> one.getKey() + "=" + URLEncoder.encode(one.getValue(), StandardCharsets.UTF_8))
                        .collect(Collectors.joining("&"));
    }

    Answer token(Endpoint.InstallationToken endpoint, LabRequest request) {
        Auth.AppInstallation app = (Auth.AppInstallation) provider.auth();
        String bearer = request.header("authorization").orElse("").replaceFirst("^(?i)bearer ", "");
        Optional<String> problem = JwtCheck.problem(
                bearer,
                app.jwt().algorithm(),
                LabKeys.of(provider.id(), "app", app.jwt().algorithm()).getPublic(),
                Map.of("iss", LabApp.of(provider).settings().getOrDefault("id", "")),
                LONGEST,
                clock.instant());
        if (problem.isPresent()) {
            return Answer.error(401, "bad_credentials", problem.get());
        }
        // The app may act for any account that installed it: finding out which is up to the app.
        Optional<TestUser> user = TestUser.ALL.stream()
                .filter(one -> belongings
                        .told()
                        .allMatch(field -> belongings
                                .of(field, one, request.host())
                                .asString()
                                .equals(endpoint.captured().get("config." + field.id()))))
                .findFirst();
        if (user.isEmpty()) {
            return Answer.error(404, "not_found", "There is no such installation.");
        }
        if (!(grants.mint(user.get(), "", request.host()) instanceof Grants.Outcome.Granted granted)) {
            throw new IllegalStateException("what is minted is granted");
        }
        JsonTree tree = new JsonTree();
        tree.put(
                app.token().access().getFirst(),
                JsonTree.NODES.stringNode(granted.issued().accessToken()));
        tree.put(
                app.token().expiresAt().getFirst(),
                JsonTree.NODES.stringNode(granted.issued().expiresAt().toString()));
        return Answer.json(201, tree.root(), "tokens issued");
    }
}
