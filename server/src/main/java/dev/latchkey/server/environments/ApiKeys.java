package dev.latchkey.server.environments;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Bounds;
import dev.latchkey.server.access.Cidr;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.access.Rights;
import dev.latchkey.server.access.Scopes;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.storage.Rehearsal;
import dev.latchkey.server.storage.SharedLookup;
import dev.latchkey.server.vault.Hash;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** Secret keys, looked up by their SHA-256. Thread-safe. A node that misses a notification sees a change five seconds late. */
public final class ApiKeys {
    public static final int LONGEST_NAME = 255;
    /** Ranges of addresses that one key may be used from. */
    public static final int MOST_ADDRESSES = 100;
    /** Announced on, with an empty payload, when any key changed. */
    public static final String CHANNEL = "latchkey_api_keys";

    /** The result of looking up a presented key. */
    public sealed interface Presented {
        /** A valid key with its rights. */
        record Opens(Environment environment, Actor.Key actor, EnvironmentKey key) implements Presented {}

        record Unknown() implements Presented {}

        record Expired(Instant at) implements Presented {}

        /** A key that may not be used from the caller's address. */
        record Elsewhere(String from) implements Presented {}
    }

    private record Found(UUID environment, EnvironmentKey key, Rights rights) {}

    private final Database database;
    private final Environments environments;
    private final Ids ids;
    private final SecureRandom random;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Announcements announcements;
    private final SharedLookup<ByteBuffer, Found> known = new SharedLookup<>(10_000, this::read);

    public ApiKeys(
            Database database,
            Environments environments,
            Ids ids,
            SecureRandom random,
            InstantSource clock,
            AuditLog audit,
            Announcements announcements,
            Listener listener) {
        this.audit = audit;
        this.ids = ids;
        this.random = random;
        this.clock = clock;
        this.database = database;
        this.environments = environments;
        this.announcements = announcements;
        listener.listen(CHANNEL, payload -> known.forgetAll(), known::forgetAll);
    }

    /**
     * The owner of a key, and whether it is valid now. A pause is visible to the caller.
     *
     * @param from the caller's address
     */
    public Presented present(String text, String from) {
        return known.find(ByteBuffer.wrap(Hash.of(text)))
                .map(found -> present(found, from))
                .orElseGet(Presented.Unknown::new);
    }

    private Presented present(Found found, String from) {
        EnvironmentKey key = found.key();
        if (key.isExpired(clock.instant())) {
            return new Presented.Expired(key.expiresAt().orElseThrow());
        }
        if (!key.allowedAddresses().isEmpty()
                && key.allowedAddresses().stream().noneMatch(range -> range.contains(from))) {
            return new Presented.Elsewhere(from);
        }
        return environments
                .byId(found.environment())
                .<Presented>map(environment -> new Presented.Opens(
                        environment,
                        new Actor.Key(
                                key.id(),
                                key.name(),
                                environment.id(),
                                environment.name(),
                                found.rights(),
                                new Bounds(key.expiresAt(), key.allowedAddresses()),
                                Optional.of(from)),
                        key))
                .orElseGet(Presented.Unknown::new);
    }

    private Optional<Found> read(ByteBuffer hash) {
        return database.promptly(handle -> handle.createQuery(
                        "SELECT environment_id, " + EnvironmentKey.COLUMNS + " FROM api_keys WHERE hash = :hash")
                .bind("hash", hash.array())
                .map((row, context) -> found(row.getObject("environment_id", UUID.class), EnvironmentKey.read(row)))
                .findOne());
    }

    private static Found found(UUID environment, EnvironmentKey key) {
        return new Found(environment, key, Rights.of(key.scopes()));
    }

    /** The oldest first. */
    public List<EnvironmentKey> list(UUID environment) {
        return database.withHandle(handle -> handle.createQuery("SELECT " + EnvironmentKey.COLUMNS
                        + " FROM api_keys WHERE environment_id = :environment ORDER BY id")
                .bind("environment", environment)
                .map((row, context) -> EnvironmentKey.read(row))
                .list());
    }

    public Optional<EnvironmentKey> find(UUID environment, UUID id) {
        return database.withHandle(handle -> byId(handle, environment, id, ""));
    }

    /** A key and its text, which is known only here. */
    public record Created(EnvironmentKey key, Secret text) {}

    /**
     * The properties of a new key.
     *
     * @param allowedAddresses empty: it may be used from anywhere
     */
    public record Draft(String name, List<String> scopes, Optional<Instant> expiresAt, List<Cidr> allowedAddresses) {
        private Bounds bounds() {
            return new Bounds(expiresAt, allowedAddresses);
        }
    }

    /**
     * Creates a key.
     *
     * @throws ForbiddenException when the actor may not create keys there, or has fewer rights or narrower bounds than the key would
     */
    public Created create(Actor actor, Environment environment, Draft draft) {
        return create(actor, environment, draft, database::inTransaction);
    }

    /** What {@link #create} would create; nothing is kept, and its text opens nothing. */
    public EnvironmentKey rehearse(Actor actor, Environment environment, Draft draft) {
        return create(actor, environment, draft, work -> Rehearsal.of(database, work))
                .key();
    }

    private Created create(
            Actor actor,
            Environment environment,
            Draft draft,
            Function<Function<Handle, EnvironmentKey>, EnvironmentKey> transaction) {
        actor.require(environment.id(), Scopes.WRITE_KEYS);
        actor.requireHeld(environment.id(), draft.scopes(), "The new key");
        actor.requireWithin(draft.bounds());
        Secret text = newText(random);
        UUID id = ids.next();
        EnvironmentKey key = transaction.apply(handle -> {
            insert(handle, id, environment.id(), draft.name(), text, draft.scopes());
            narrow(handle, environment.id(), id, draft.bounds());
            EnvironmentKey made = byId(handle, environment.id(), id, "").orElseThrow();
            note(handle, actor, environment, "added an API key", made);
            return made;
        });
        return new Created(key, text);
    }

    /**
     * Changes what a key opens, until when and from where.
     *
     * @param wanted its name is not read
     * @return the key; empty when there is none with this id in the environment
     * @throws ForbiddenException when the actor may not write keys there, or the key grants, or is to grant, more than the actor has, or
     *     is to have wider bounds
     */
    public Optional<EnvironmentKey> change(Actor actor, Environment environment, UUID id, Draft wanted) {
        Optional<EnvironmentKey> changed = change(actor, environment, id, wanted, database::inTransaction);
        reloadEverywhere();
        return changed;
    }

    /** What {@link #change} would return; nothing is kept. */
    public Optional<EnvironmentKey> rehearse(Actor actor, Environment environment, UUID id, Draft wanted) {
        return change(actor, environment, id, wanted, work -> Rehearsal.of(database, work));
    }

    private Optional<EnvironmentKey> change(
            Actor actor,
            Environment environment,
            UUID id,
            Draft wanted,
            Function<Function<Handle, Optional<EnvironmentKey>>, Optional<EnvironmentKey>> transaction) {
        actor.require(environment.id(), Scopes.WRITE_KEYS);
        return transaction.apply(handle -> {
            Optional<EnvironmentKey> before = byId(handle, environment.id(), id, " FOR UPDATE");
            before.ifPresent(key -> {
                actor.requireHeld(environment.id(), key.scopes(), "This key");
                actor.requireHeld(environment.id(), wanted.scopes(), "This key");
                actor.requireWithin(wanted.bounds());
                grant(handle, environment.id(), id, wanted.scopes());
                narrow(handle, environment.id(), id, wanted.bounds());
            });
            Optional<EnvironmentKey> after = before.flatMap(key -> byId(handle, environment.id(), id, ""));
            after.ifPresent(key -> note(handle, actor, environment, "changed an API key", key));
            return after;
        });
    }

    private static void grant(Handle handle, UUID environment, UUID id, List<String> scopes) {
        handle.createUpdate("UPDATE api_keys SET scopes = :scopes WHERE environment_id = :environment AND id = :id")
                .bindArray("scopes", String.class, scopes)
                .bind("environment", environment)
                .bind("id", id)
                .execute();
    }

    static void narrow(Handle handle, UUID environment, UUID id, Bounds bounds) {
        handle.createUpdate("""
                        UPDATE api_keys SET expires_at = :expires, allowed_addresses = :allowed
                        WHERE environment_id = :environment AND id = :id""")
                .bind(
                        "expires",
                        bounds.end().map(at -> at.atOffset(ZoneOffset.UTC)).orElse(null))
                .bindArray(
                        "allowed",
                        String.class,
                        bounds.addresses().stream().map(Cidr::toString).toList())
                .bind("environment", environment)
                .bind("id", id)
                .execute();
    }

    /**
     * Revokes a key.
     *
     * @return the key; empty when there is none with this id in the environment
     * @throws ForbiddenException when the actor may not write keys there, or the key grants more than the actor has
     */
    public Optional<EnvironmentKey> delete(Actor actor, Environment environment, UUID id) {
        actor.require(environment.id(), Scopes.WRITE_KEYS);
        Optional<EnvironmentKey> deleted = database.inTransaction(handle -> {
            Optional<EnvironmentKey> found = byId(handle, environment.id(), id, " FOR UPDATE");
            found.ifPresent(key -> {
                actor.requireHeld(environment.id(), key.scopes(), "This key");
                handle.createUpdate("DELETE FROM api_keys WHERE environment_id = :environment AND id = :id")
                        .bind("environment", environment.id())
                        .bind("id", id)
                        .execute();
                note(handle, actor, environment, "deleted an API key", key);
            });
            return found;
        });
        reloadEverywhere();
        return deleted;
    }

    private void note(Handle handle, Actor actor, Environment environment, String action, EnvironmentKey key) {
        Map<String, String> details = new HashMap<>();
        details.put("id", key.id().toString());
        details.put("scopes", String.join(" ", key.scopes()));
        key.expiresAt().ifPresent(at -> details.put("expires", at.toString()));
        if (!key.allowedAddresses().isEmpty()) {
            details.put(
                    "from",
                    String.join(
                            " ",
                            key.allowedAddresses().stream().map(Cidr::toString).toList()));
        }
        audit.append(handle, List.of(audit.line(handle, actor, environment.id(), action, key.name(), details)));
    }

    /** Every node reloads keys, this one at once. */
    public void reloadEverywhere() {
        known.forgetAll();
        announcements.announce(CHANNEL, "");
    }

    /** 256 random bits. */
    static Secret newText(SecureRandom random) {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        return new Secret("lk_" + Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
    }

    private static Optional<EnvironmentKey> byId(Handle handle, UUID environment, UUID id, String lock) {
        return handle.createQuery("SELECT " + EnvironmentKey.COLUMNS
                        + " FROM api_keys WHERE environment_id = :environment AND id = :id" + lock)
                .bind("environment", environment)
                .bind("id", id)
                .map((row, context) -> EnvironmentKey.read(row))
                .findOne();
    }

    static void insert(Handle handle, UUID id, UUID environment, String name, Secret key, List<String> scopes) {
        handle.createUpdate("""
                        INSERT INTO api_keys (environment_id, id, hash, name, scopes)
                        VALUES (:environment, :id, :hash, :name, :scopes)""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("hash", Hash.of(key.reveal()))
                .bind("name", name)
                .bindArray("scopes", String.class, scopes)
                .execute();
    }

    static void insertUnlessThere(
            Handle handle, UUID id, UUID environment, String name, Secret key, List<String> scopes) {
        handle.createUpdate("""
                        INSERT INTO api_keys (environment_id, id, hash, name, scopes)
                        VALUES (:environment, :id, :hash, :name, :scopes)
                        ON CONFLICT (hash) DO NOTHING""")
                .bind("environment", environment)
                .bind("id", id)
                .bind("hash", Hash.of(key.reveal()))
                .bind("name", name)
                .bindArray("scopes", String.class, scopes)
                .execute();
    }
}
