package dev.latchkey.server.connections;

import java.util.Map;
import java.util.UUID;

/** What happened to an environment as a whole. @param details a message for people; never a secret */
public record EnvironmentEvent(Kind kind, UUID environment, Map<String, String> details) implements Event {
    public enum Kind {
        /** Its credentials are returned to no caller until it is resumed. */
        PAUSED("environment_paused"),
        RESUMED("environment_resumed");

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
