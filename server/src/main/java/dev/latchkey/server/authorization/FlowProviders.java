package dev.latchkey.server.authorization;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.FlowRefusedException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.providers.Providers;
import java.util.Optional;

/** The providers of integrations, as a flow needs them. */
final class FlowProviders {
    private final Providers providers;

    FlowProviders(Providers providers) {
        this.providers = providers;
    }

    /** The name that people know: a key is internal to the product. */
    String name(Optional<Integration> integration, String key) {
        return integration
                .map(it -> providers.of(it).map(Provider::name).orElseGet(it::displayName))
                .orElse(key);
    }

    /** @throws FlowRefusedException if there is none */
    Provider of(Integration integration) {
        return providers
                .of(integration)
                .orElseThrow(() -> new FlowRefusedException(
                        "unknown_provider_template",
                        "The catalogue has no provider '" + integration.provider() + "' any more."));
    }
}
