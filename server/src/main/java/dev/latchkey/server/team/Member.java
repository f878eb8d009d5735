package dev.latchkey.server.team;

import dev.latchkey.server.environments.Environment;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * One of the people who run Latchkey.
 *
 * @param email what they sign in with
 * @param hasPassword false: only single sign-on, or not joined yet
 * @param environments those that they see, with whether they may see credentials there; an owner sees all
 */
public record Member(
        UUID id,
        String email,
        String name,
        Role role,
        boolean hasPassword,
        boolean hasSingleSignOn,
        Map<UUID, Boolean> environments,
        Instant createdAt,
        Optional<Instant> seenAt) {
    public String displayName() {
        return name.isEmpty() ? email : name;
    }

    public boolean isOwner() {
        return role == Role.OWNER;
    }

    public boolean sees(Environment environment) {
        return isOwner() || environments.containsKey(environment.id());
    }

    /** Credentials in clear text. */
    public boolean mayReveal(Environment environment) {
        return isOwner() || environments.getOrDefault(environment.id(), false);
    }

    public boolean hasJoined() {
        return hasPassword || hasSingleSignOn;
    }
}
