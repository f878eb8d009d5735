package dev.latchkey.lab;

import dev.latchkey.catalogue.model.CodeGrant;

/** Authorization code grant (RFC 6749 section 4.1). */
record OAuth2CodePart(CodeGrant code) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.app();
    }

    @Override
    public void register(LabApp.Registration app) {
        app.keyOf(code.client().auth());
    }

    /** A definition that keeps the first refresh token describes a vendor without rotation. */
    @Override
    public boolean rotates() {
        return !code.response().token().keepRefresh();
    }

    @Override
    public Playing on(Stage stage) {
        return new CodeVendor(stage, code);
    }
}
