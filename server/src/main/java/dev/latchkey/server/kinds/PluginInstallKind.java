package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import java.util.Set;

/** Of a plug-in that is installed at the vendor's. */
public record PluginInstallKind(Auth.PluginInstall auth) implements BrowserKind {
    @Override
    public AuthFacts facts() {
        return auth.facts();
    }

    @Override
    public Class<Credentials.None> held() {
        return Credentials.None.class;
    }

    @Override
    public Set<String> importedTypes() {
        return Set.of(facts().mode(), "BASIC", "NONE");
    }
}
