package dev.latchkey.server.providers;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.CatalogueException.Problem;
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
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The providers as each environment sees them, and the lab that plays them. */
public final class ProviderParts {
    private static final Logger LOG = LoggerFactory.getLogger(ProviderParts.class);
    private static final int MOST_LOGGED = 50;

    private final Ground ground;
    private final Catalogue catalogue;
    public final Providers providers;
    public final OwnLogos logos;
    /** What environments gave by the API. */
    public final ProviderLogos given;

    public final Optional<Lab> lab;
    /** What an integration in the lab has for a client. */
    public final Optional<Function<Provider, LabApp>> labApps;

    public ProviderParts(Ground ground, Catalogue catalogue) {
        this.ground = ground;
        this.catalogue = catalogue;
        providers = new Providers(ground.database, catalogue, ground.announcements, ground.listener);
        given = new ProviderLogos(ground.database, providers, ground.clock, ground.audit);
        logos = ground.configuration
                .added()
                .providers()
                .map(folder -> OwnLogos.of(
                        folder,
                        catalogue::has,
                        problem -> LOG.warn("A logo of LATCHKEY_PROVIDERS_DIR is not used: {}", problem)))
                .orElse(OwnLogos.NONE);
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
     * The definitions that ship, or the operator's own instead. What is wrong among the latter is logged and left out.
     *
     * @throws ConfigurationException when the folder cannot be read at all: a sentence, as for any other setting
     */
    public static Catalogue load(Optional<Path> own) {
        return own.map(ProviderParts::read).orElseGet(Catalogue::load);
    }

    private static Catalogue read(Path folder) {
        Catalogue catalogue;
        try {
            catalogue = Catalogue.loadReadable(folder);
        } catch (UncheckedIOException e) {
            throw new ConfigurationException(
                    "The definitions in LATCHKEY_PROVIDERS_DIR cannot be read: make " + folder
                            + " a folder that this process may list.",
                    e);
        }
        log("A definition of LATCHKEY_PROVIDERS_DIR is left out: {}", catalogue.problems());
        log(
                "A definition does not fit the parent in LATCHKEY_PROVIDERS_DIR and keeps the shipped one: {}",
                catalogue.keptParents());
        if (!catalogue.problems().isEmpty()) {
            LOG.warn("`./latchkey providers check {}` lists all that is wrong.", folder);
        }
        return catalogue;
    }

    private static void log(String message, List<Problem> problems) {
        problems.stream().limit(MOST_LOGGED).forEach(problem -> LOG.warn(message, problem));
    }
}
