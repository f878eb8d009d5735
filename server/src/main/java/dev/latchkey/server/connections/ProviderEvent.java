package dev.latchkey.server.connections;

import java.util.Map;
import java.util.UUID;

/**
 * What happened to a provider: sent to each environment that has an integration of it.
 *
 * @param provider its id in the catalogue
 * @param details a message for people; never a secret
 */
public record ProviderEvent(Kind kind, UUID environment, String provider, Map<String, String> details)
        implements Event {
    public enum Kind {
        /** It fails for all connections alike: nothing is wrong with any of them. */
        INCIDENT("provider_incident"),
        INCIDENT_ENDED("provider_incident_ended");

        private final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    @Override
    public String word() {
        return kind.word;
    }
}
