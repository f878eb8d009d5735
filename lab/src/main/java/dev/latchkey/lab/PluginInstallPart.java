package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;

/** A plug-in that users install at the vendor's. */
record PluginInstallPart(Auth.PluginInstall auth) implements Part {
    @Override
    public String use(IndexPage.Card card) {
        return card.app();
    }

    @Override
    public Playing on(Stage stage) {
        return new PluginVendor(stage, this);
    }
}
