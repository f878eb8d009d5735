package dev.latchkey.catalogue.model;

import dev.latchkey.catalogue.template.Text;
import java.util.List;

/** Of a plug-in that is installed at the vendor's. */
record PluginInstallFacts(Auth.PluginInstall auth) implements PageFacts {
    @Override
    public String mode() {
        return "INSTALL_PLUGIN";
    }

    @Override
    public String words() {
        return "plug-in installation";
    }

    @Override
    public String label() {
        return "Signed or exchanged";
    }

    @Override
    public boolean mints() {
        return false;
    }

    @Override
    public Renewal renewal() {
        return Renewal.NEVER;
    }

    @Override
    public List<String> setupSteps() {
        return List.of(
                "Register an app at the vendor's with the redirect URL " + Provider.Setup.CALLBACK + ".",
                "Create the integration with the app's client id and client secret.");
    }

    @Override
    public List<String> notes() {
        return List.of("Installed at " + Sentences.addresses(auth.install()) + ".");
    }

    @Override
    public List<Text> addresses() {
        return List.of(auth.install());
    }

    @Override
    public boolean isOurs() {
        return true;
    }

    @Override
    public boolean hasSignedCallback() {
        return auth.callbackCheck().isPresent();
    }
}
