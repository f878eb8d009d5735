package dev.latchkey.server.providers;

import dev.latchkey.catalogue.Catalogue;
import java.util.UUID;

/** An environment that has no definition of its own. */
public final class ShippedProviders {
    private ShippedProviders() {}

    public static EnvironmentProviders of(UUID environment) {
        return new EnvironmentProviders(Catalogue.load(), environment, EnvironmentProviders.Rows.NONE);
    }
}
