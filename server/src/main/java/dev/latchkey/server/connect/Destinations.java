package dev.latchkey.server.connect;

import dev.latchkey.catalogue.Succession;
import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.providers.Providers;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Where an integration's credentials and its connections' are sent: deciding it means being able to read them. */
final class Destinations {
    private static final List<String> READING =
            List.of("environment:integrations:read_credentials", "environment:connections:read_credentials");

    private Destinations() {}

    /**
     * @param settings of the integration from now on
     * @param lab whether they are to be sent to the provider lab
     * @throws ForbiddenException where credentials would go to another host, without the right to read them
     */
    static void require(
            Actor actor, Integration integration, Providers providers, Map<String, String> settings, boolean lab) {
        if (!leadElsewhere(integration, providers, settings) && (!lab || integration.lab())) {
            return;
        }
        for (String scope : READING) {
            if (!actor.may(integration.environment(), scope)) {
                throw new ForbiddenException(
                        "This changes which host gets the integration's credentials and its connections',"
                                + " so it takes the right to read them. " + actor.lacks(scope));
            }
        }
    }

    /** Credentials of the lab's own app grant nothing. */
    private static boolean leadElsewhere(Integration integration, Providers providers, Map<String, String> settings) {
        return !integration.lab()
                && providers.of(integration).stream()
                        .flatMap(provider -> Succession.hostSettings(provider).stream())
                        .anyMatch(name -> !Objects.equals(
                                settings.get(name), integration.settings().get(name)));
    }
}
