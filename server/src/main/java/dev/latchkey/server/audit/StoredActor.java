package dev.latchkey.server.audit;

import dev.latchkey.server.access.Actor;
import java.util.Optional;

/**
 * The actor as stored in the log: by value, since the row outlives member and key.
 *
 * @param name a member's email, or a key's name
 * @param kind {@code member}, {@code key}, {@code end_user} or {@code system}; empty in rows of old versions
 * @param id the member's or key's: a name can be given twice
 * @param address of the caller
 */
public record StoredActor(String name, String kind, Optional<String> id, Optional<String> address) {
    public static final StoredActor SYSTEM = new StoredActor("Latchkey", "system", Optional.empty(), Optional.empty());

    static StoredActor of(Actor actor) {
        return switch (actor) {
            case Actor.Key it ->
                new StoredActor(it.name(), "key", Optional.of(it.id().toString()), it.address());
            case Actor.Person it ->
                new StoredActor(it.name(), "member", Optional.of(it.id().toString()), Optional.empty());
            case Actor.EndUser it -> new StoredActor(it.name(), "end_user", it.id(), Optional.empty());
            case Actor.System it -> new StoredActor(it.name(), "system", Optional.empty(), Optional.empty());
        };
    }
}
