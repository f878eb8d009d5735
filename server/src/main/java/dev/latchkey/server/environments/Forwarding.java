package dev.latchkey.server.environments;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How a provider's webhooks reach an endpoint. */
public enum Forwarding {
    /** Each event of a batch by itself, always in an envelope. */
    EVENTS,
    /** As they were received, which is Nango's form: a batch as one, and the body alone where no connection matches. */
    RECEIVED;

    /** As the API has it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public static Optional<Forwarding> of(String text) {
        return Stream.of(values()).filter(one -> one.text().equals(text)).findFirst();
    }
}
