package dev.latchkey.server.dashboard;

import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.providers.Providers;

/** What an integration still needs before users can connect. */
final class IntegrationSetup {
    private IntegrationSetup() {}

    static boolean lacksClient(Providers providers, Integration integration) {
        return providers.lacksClient(integration);
    }
}
