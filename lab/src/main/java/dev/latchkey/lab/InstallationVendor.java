package dev.latchkey.lab;

import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.template.Template;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Where an app is installed in an account, or requested, and where the app then gets its tokens. */
final class InstallationVendor implements Playing {
    /** GitHub refuses an app's token with a longer lifetime. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private final Stage stage;
    private final AppInstallationPart part;
    /** How the callback's code is exchanged for the token of the user who installed. */
    private final Optional<CodeGrant> user;

    InstallationVendor(Stage stage, AppInstallationPart part) {
        this.stage = stage;
        this.part = part;
        this.user = part.auth().user().or(part.auth()::prover);
    }

    @Override
    public void routes(Routes routes) {
        part.auth().install().alternatives().stream()
                .map(Template::source)
                .map(source -> source.replace("${app.publicLink}", AppInstallationPart.link(stage.app)))
                .forEach(routes::authorization);
        routes.tokenCall(part.auth().tokenCall(), this::token);
        user.ifPresent(code -> routes.exchange(code.exchange()));
        part.auth()
                .proof()
                .ifPresent(proof -> routes.apiCall(
                        proof.call(), (captured, request) -> stage.proofs.answer(proof, captured, request)));
    }

    /** Of the user who installed. */
    @Override
    public Answer token(Endpoint.Token endpoint, LabRequest request) {
        return stage.tokens.code(user.orElseThrow(), endpoint, request);
    }

    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return stage.credentials.holder(request, captured);
    }

    @Override
    public Answer page(LabRequest request) {
        if (request.method().equals("GET")) {
            return Answer.page(200, stage.page.installation(), "installation page");
        }
        if (request.fromAnotherSite()) {
            return Answer.page(403, stage.page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Optional<TestUser> chosen = TestUser.find(request.form().getOrDefault("user", ""));
        String decision = request.form().getOrDefault("decision", "");
        Map<String, String> answer = new LinkedHashMap<>();
        if (chosen.isEmpty() || !decision.equals("allow") && !decision.equals("request")) {
            answer.put("error", "access_denied");
        } else {
            answer.put("setup_action", decision.equals("allow") ? "install" : "request");
            if (decision.equals("allow")) {
                stage.belongings
                        .fromCallback()
                        .forEach(field -> answer.put(
                                ((Field.Source.Callback) field.source().orElseThrow()).parameter(),
                                stage.belongings
                                        .of(field, chosen.get(), request.host())
                                        .asString()));
            }
            if (user.isPresent()) {
                answer.put(
                        "code",
                        stage.grants.code(
                                chosen.get(),
                                Map.of(),
                                request.host(),
                                new LabTokens.Binding(stage.base + "/oauth/callback", Optional.empty())));
            }
        }
        Optional.ofNullable(request.query().get("state")).ifPresent(state -> answer.put("state", state));
        return Answer.redirect(stage.callback(answer), answer.getOrDefault("setup_action", "access_denied"));
    }

    private Answer token(Map<String, String> captured, LabRequest request) {
        var app = part.auth();
        String bearer = request.header("authorization").orElse("").replaceFirst("^(?i)bearer ", "");
        Optional<String> problem = JwtCheck.problem(
                bearer,
                app.jwt().algorithm(),
                LabKeys.of(stage.provider.id(), "app", app.jwt().algorithm()).getPublic(),
                Map.of("iss", LabApp.of(stage.provider).settings().getOrDefault("id", "")),
                LONGEST,
                stage.clock.instant());
        if (problem.isPresent()) {
            return Answer.error(401, "bad_credentials", problem.get());
        }
        // The app may act for any account that installed it: finding out which is up to the app.
        Optional<TestUser> owner = TestUser.ALL.stream()
                .filter(one -> stage.belongings
                        .fromCallback()
                        .allMatch(field -> stage.belongings
                                .of(field, one, request.host())
                                .asString()
                                .equals(captured.get("config." + field.id()))))
                .findFirst();
        if (owner.isEmpty()) {
            return Answer.error(404, "not_found", "There is no such installation.");
        }
        if (!(stage.grants.mint(owner.get(), "", request.host()) instanceof Grants.Outcome.Granted granted)) {
            throw new IllegalStateException("what is minted is granted");
        }
        JsonTree tree = new JsonTree();
        tree.put(
                app.token().access().getFirst(),
                JsonTree.NODES.stringNode(granted.issued().accessToken()));
        tree.put(
                app.token().lifetime().expiresAt().getFirst(),
                JsonTree.NODES.stringNode(granted.issued().expiresAt().toString()));
        return Answer.json(201, tree.root(), "tokens issued");
    }
}
