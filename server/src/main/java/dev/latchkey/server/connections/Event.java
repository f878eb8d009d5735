package dev.latchkey.server.connections;

import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Something that happened in an environment, of interest to its product: a line of the timeline, and the source of webhooks.
 */
public sealed interface Event
        permits AuthorizationFailed,
                ConnectionEvent,
                EnvironmentEvent,
                IntegrationEvent,
                ProviderEvent,
                UnreadableConnection {
    UUID environment();

    /** The timeline's name of it, in lower case; no two kinds of any variant share one. */
    String word();

    /** A message for people; never a secret. */
    Map<String, String> details();

    /** Receives an event inside the transaction that caused it: what it writes is committed with the change, or not at all. */
    @FunctionalInterface
    interface Sink {
        void accept(Handle handle, Event event);

        /** The same sink for a thread that writes on behalf of this one: it knows what this thread was doing. */
        default Sink here() {
            return this;
        }
    }
}
