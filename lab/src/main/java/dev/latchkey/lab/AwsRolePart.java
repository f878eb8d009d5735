package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;

/** A role of AWS that is assumed. */
record AwsRolePart(Auth.AwsRole auth) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return "any role, unless it contains “wrong”; it trusts the first external id that comes with it";
    }

    @Override
    public void register(LabApp.Registration app) {
        app.settings().put("accessKeyId", "AKIALABLATCHKEY");
        app.secrets().put("secretAccessKey", app.app().clientSecret());
    }

    @Override
    public Playing on(Stage stage) {
        return new RoleVendor(stage, auth.sts());
    }
}
