package dev.latchkey.server.access;

import dev.latchkey.server.secrets.Secret;
import java.util.Optional;
import java.util.UUID;

/** The way of a secret to a reader: the right is checked where the text is taken out, so that no route and no page can forget it. */
public final class Disclosure {
    private Disclosure() {}

    /** Its text for an actor with the scope; empty for others. */
    public static Optional<String> of(Secret secret, Actor actor, UUID environment, String scope) {
        return actor.may(environment, scope) ? Optional.of(secret.reveal()) : Optional.empty();
    }

    /** What was made for the actor in this very request, and is shown only now: a key, a session's token, an invitation. */
    public static String ofNew(Secret secret) {
        return secret.reveal();
    }
}
