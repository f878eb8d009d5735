package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Field;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Where a plug-in is installed at a site, which the callback then names. */
final class PluginVendor implements Playing {
    private final Stage stage;
    private final PluginInstallPart part;
    private final SampleValues samples;

    PluginVendor(Stage stage, PluginInstallPart part) {
        this.stage = stage;
        this.part = part;
        this.samples = new SampleValues(stage.provider);
    }

    @Override
    public void routes(Routes routes) {
        routes.authorization(part.auth().install());
    }

    @Override
    public Answer page(LabRequest request) {
        if (request.method().equals("GET")) {
            return Answer.page(200, stage.page.installation(), "installation page");
        }
        if (request.fromAnotherSite()) {
            return Answer.page(403, stage.page.refusal("This decision was sent by a page of another site."), "forged");
        }
        Optional<TestUser> user = TestUser.find(request.form().getOrDefault("user", ""));
        boolean allowed = request.form().getOrDefault("decision", "").equals("allow") && user.isPresent();
        Map<String, String> answer = new LinkedHashMap<>();
        if (!allowed) {
            answer.put("error", "access_denied");
        } else {
            for (String name : part.auth().callback()) {
                answer.put(
                        name,
                        samples.of(field(name), user.get(), request.host()).asString());
            }
        }
        Optional.ofNullable(request.query().get("state")).ifPresent(state -> answer.put("state", state));
        return Answer.redirect(
                stage.callback(answer), allowed ? "installed by " + user.get().key() : "access_denied");
    }

    /** The field that a callback's value goes into. */
    private String field(String parameter) {
        return stage.belongings.ofCallback(parameter).map(Field::id).orElse(parameter);
    }

    /** The plug-in's own credentials, wherever the definition puts them. */
    @Override
    public Optional<Caller> caller(LabRequest request, Map<String, String> captured) {
        return stage.credentials
                .placed("app", request, captured)
                .flatMap(values -> Caller.first(stage.credentials.declares("app")));
    }
}
