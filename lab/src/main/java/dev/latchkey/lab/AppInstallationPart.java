package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;

/** An app that users install in an account. */
record AppInstallationPart(Auth.AppInstallation auth) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.app();
    }

    @Override
    public void register(LabApp.Registration app) {
        app.settings().put("id", "4711");
        app.settings().put("publicLink", link(app.app()));
        app.privateKey(auth.jwt().algorithm());
    }

    static String link(LabApp app) {
        return "https://github.com/apps/" + app.clientId();
    }

    @Override
    public Playing on(Stage stage) {
        return new InstallationVendor(stage, this);
    }
}
