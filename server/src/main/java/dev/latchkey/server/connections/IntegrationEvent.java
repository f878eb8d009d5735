package dev.latchkey.server.connections;

import dev.latchkey.server.integrations.Integration;
import java.util.Map;
import java.util.UUID;

/** What happened to an integration, whatever happens to its connections. @param details a message for people; never a secret */
public record IntegrationEvent(Kind kind, Integration integration, Map<String, String> details) implements Event {
    public enum Kind {
        /** The provider refuses the integration's own client id, secret or settings: its operator must correct them. */
        MISCONFIGURED("integration_misconfigured"),
        /** The provider accepts them again. */
        RECOVERED("integration_recovered"),
        /** The credentials of its connections are returned to no caller, and no user can connect, until it is resumed. */
        PAUSED("integration_paused"),
        RESUMED("integration_resumed");

        private final String word;

        Kind(String word) {
            this.word = word;
        }
    }

    @Override
    public UUID environment() {
        return integration.environment();
    }

    @Override
    public String word() {
        return kind.word;
    }
}
