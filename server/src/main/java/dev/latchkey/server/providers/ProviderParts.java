package dev.latchkey.server.providers;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.lab.Lab;
import dev.latchkey.lab.LabApp;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.connections.ConnectionParts;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.ground.Ground;
import dev.latchkey.server.integrations.Integration;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Function;

/** The providers as each environment sees them, and the lab that plays them. */
public final class ProviderParts {
    private final Ground ground;
    private final Catalogue catalogue;
    public final Providers providers;
    public final Optional<Lab> lab;
    /** What an integration in the lab has for a client. */
    public final Optional<Function<Provider, LabApp>> labApps;

    public ProviderParts(Ground ground, Catalogue catalogue) {
        this.ground = ground;
        this.catalogue = catalogue;
        providers = new Providers(ground.database, catalogue, ground.announcements, ground.listener);
        lab = ground.configuration.lab()
                ? Optional.of(new Lab(
                        catalogue, providers::onStage, ground.configuration.publicUrl(), ground.clock, ground.random))
                : Optional.empty();
        labApps = lab.map(it -> LabApp::of);
    }

    /** Where the lab plays a vendor's URL for an integration. */
    public URI locate(Integration integration, URI vendor) {
        return lab.map(it -> it.locate(providers.stage(integration), vendor)).orElse(vendor);
    }

    /** What environments define for themselves. */
    public OwnDefinitions definitions(ConnectionParts connections, AddressGuard guard) {
        return new OwnDefinitions(
                ground.database,
                catalogue,
                providers,
                connections.integrations,
                connections.connections,
                guard,
                ground.clock,
                ground.audit);
    }

    /**
     * The definitions that ship, or the operator's own instead.
     *
     * @throws ConfigurationException when one of the operator's has an error: a sentence, as for any other setting
     */
    public static Catalogue load(Optional<Path> own) {
        return own.map(ProviderParts::read).orElseGet(Catalogue::load);
    }

    private static Catalogue read(Path folder) {
        try {
            return Catalogue.load(folder);
        } catch (CatalogueException e) {
            throw new ConfigurationException(
                    "The definitions in LATCHKEY_PROVIDERS_DIR have errors ("
                            + String.join("; ", String.valueOf(e.getMessage()).split("\n"))
                            + "); `./latchkey providers check " + folder + "` lists them.",
                    e);
        } catch (UncheckedIOException e) {
            throw new ConfigurationException(
                    "The definitions in LATCHKEY_PROVIDERS_DIR cannot be read: make each *.yaml in " + folder
                            + " a file in UTF-8 that this process may read.",
                    e);
        }
    }
}
