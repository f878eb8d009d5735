package dev.latchkey.server.dashboard;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.providers.Providers;
import java.util.Optional;

/** What an integration still needs before anybody can connect. */
final class IntegrationSetup {
    private IntegrationSetup() {}

    /** Whether users are sent to the vendor by an OAuth client that the operator registers there. */
    static boolean needsClient(Provider provider) {
        return switch (provider.auth()) {
            case Auth.OAuth2Code code -> true;
            case Auth.OAuth1 oauth1 -> true;
            case Auth.Mcp mcp -> mcp.registration() == Auth.Mcp.Registration.STATIC;
            default -> false;
        };
    }

    static boolean lacksClient(Providers providers, Integration integration) {
        return !integration.lab()
                && integration.clientId().isEmpty()
                && providers
                        .of(integration)
                        .filter(IntegrationSetup::needsClient)
                        .isPresent();
    }

    static Optional<Auth.Scopes> scopes(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code -> Optional.of(code.authorize().scope());
            case Auth.OAuth1 oauth1 -> Optional.of(oauth1.authorize().scope());
            case Auth.OAuth2Client client -> Optional.of(client.scope());
            default -> Optional.empty();
        };
    }
}
