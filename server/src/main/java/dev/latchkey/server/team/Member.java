package dev.latchkey.server.team;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Rights;
import java.time.Instant;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * A person with a dashboard login.
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

    /** For a face without a picture. */
    public String initial() {
        return displayName().isEmpty()
                ? "?"
                : displayName()
                        .substring(0, displayName().offsetByCodePoints(0, 1))
                        .toUpperCase(Locale.ROOT);
    }

    public boolean isOwner() {
        return role == Role.OWNER;
    }

    public boolean sees(UUID environment) {
        return isOwner() || environments.containsKey(environment);
    }

    /** Credentials in clear text. */
    public boolean mayReveal(UUID environment) {
        return isOwner() || environments.getOrDefault(environment, false);
    }

    /** The actor for the operations of the domain. */
    public Actor.Person actor() {
        Map<UUID, Rights> rights = new HashMap<>();
        environments.forEach((environment, reveal) -> rights.put(environment, role.rights(reveal)));
        return new Actor.Person(id, email, isOwner(), rights);
    }

    public boolean hasJoined() {
        return hasPassword || hasSingleSignOn;
    }
}
