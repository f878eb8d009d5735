package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Call;

/** Three-legged OAuth 1.0a (RFC 5849). */
record OAuth1Part(Call request, Auth.Authorize authorize, Call access, Auth.Signing signing) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.app();
    }

    @Override
    public void register(LabApp.Registration app) {
        if (signing.method() == Auth.Signature.RSA_SHA1) {
            app.privateKey("RS256");
        }
    }

    @Override
    public Playing on(Stage stage) {
        return new OAuth1Vendor(stage, this);
    }
}
