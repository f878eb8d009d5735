package dev.latchkey.server.environments;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.Disclosure;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rehearsal;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.storage.SharedLookup;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Vault;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The keys that webhooks are signed with: one, and for a while after a rotation the one before it too. Thread-safe; another node
 * signs with a new key five seconds late, which the old one's validity covers.
 */
public final class SigningKeys {
    /** @param until absent for the newest */
    public record SigningKey(Secret key, Instant since, Optional<Instant> until) {}

    /** @param text absent for actors that may not see it; @param until absent for the newest */
    public record Shown(Optional<String> text, Instant since, Optional<Instant> until) {}

    private static final String READ_CREDENTIALS = "environment:webhook_signing_key:read_credentials";

    private final Database database;
    private final Vault vault;
    private final SecureRandom random;
    private final InstantSource clock;
    private final AuditLog audit;
    private final SharedLookup<UUID, List<SigningKey>> known = new SharedLookup<>(1_000, this::read);

    public SigningKeys(Database database, Vault vault, SecureRandom random, InstantSource clock, AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.vault = vault;
        this.random = random;
        this.clock = clock;
    }

    /** Those that are valid now, the newest first; empty for an environment that is gone. */
    public List<SigningKey> of(UUID environment) {
        Instant now = clock.instant();
        return known.find(environment).orElse(List.of()).stream()
                .filter(one -> one.until().map(now::isBefore).orElse(true))
                .toList();
    }

    /**
     * The keys of {@link #of}, as an actor sees them.
     *
     * @throws ForbiddenException when the actor may not know about them
     */
    public List<Shown> shown(Actor actor, Environment environment) {
        actor.require(environment.id(), "environment:webhook_signing_key:read");
        return of(environment.id()).stream()
                .map(key -> shown(actor, environment, key))
                .toList();
    }

    /** With their texts, which the audit log records. @throws ForbiddenException when the actor may not see them */
    public List<Shown> reveal(Actor actor, Environment environment) {
        actor.require(environment.id(), READ_CREDENTIALS);
        audit.append(actor, "revealed the signing key", Optional.of(environment.name()), Optional.empty(), Map.of());
        return shown(actor, environment);
    }

    /**
     * Creates a key that signs from now on; the previous key also signs during the grace period.
     *
     * @return the new key; its text only for actors that may see it
     * @throws ForbiddenException when the actor may not rotate it
     */
    public Shown rotate(Actor actor, Environment environment, Duration grace) {
        actor.require(environment.id(), "environment:webhook_signing_key:rotate");
        SigningKey fresh = replace(actor, environment.id(), generated(random), grace);
        return shown(actor, environment, fresh);
    }

    /**
     * The same with a key that receivers know already, such as the one of the system that sent their webhooks until now.
     *
     * @param brought of the form {@link dev.latchkey.server.secrets.SigningKeyForm}
     * @throws ForbiddenException when the actor may not rotate the key, or not know it
     */
    public Shown rotateTo(Actor actor, Environment environment, Secret brought, Duration grace) {
        actor.require(environment.id(), "environment:webhook_signing_key:rotate");
        actor.require(environment.id(), READ_CREDENTIALS);
        SigningKey fresh = replace(actor, environment.id(), brought, grace);
        return shown(actor, environment, fresh);
    }

    /** What {@link #rotateTo} would return; nothing is kept. */
    public Shown rehearseTo(Actor actor, Environment environment, Secret brought, Duration grace) {
        actor.require(environment.id(), "environment:webhook_signing_key:rotate");
        actor.require(environment.id(), READ_CREDENTIALS);
        Instant now = clock.instant();
        Rehearsal.of(database, handle -> write(handle, actor, environment.id(), brought, now, now.plus(grace)));
        return shown(actor, environment, new SigningKey(brought, now, Optional.empty()));
    }

    /** A key of an environment that has none yet. */
    static Secret generated(SecureRandom random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return new Secret(HexFormat.of().formatHex(bytes));
    }

    private static Shown shown(Actor actor, Environment environment, SigningKey key) {
        return new Shown(Disclosure.of(key.key(), actor, environment.id(), READ_CREDENTIALS), key.since(), key.until());
    }

    private SigningKey replace(Actor actor, UUID environment, Secret fresh, Duration grace) {
        Instant now = clock.instant();
        database.inTransaction(handle -> write(handle, actor, environment, fresh, now, now.plus(grace)));
        known.forget(environment);
        return new SigningKey(fresh, now, Optional.empty());
    }

    private boolean write(Handle handle, Actor actor, UUID environment, Secret fresh, Instant now, Instant until) {
        byte[] current = handle.createQuery(
                        "SELECT webhook_signing_key FROM environments WHERE id = :id FOR NO KEY UPDATE")
                .bind("id", environment)
                .mapTo(byte[].class)
                .one();
        // An unreadable key signs nothing, so none signs in addition to the new one.
        Optional<byte[]> before = Rows.part(
                () -> Optional.of(vault.decrypt(binding(environment, "webhook_signing_key"), current)),
                Optional.empty());
        handle.createUpdate("""
                            UPDATE environments SET webhook_signing_key = :fresh, webhook_signing_key_since = :now,
                                webhook_signing_key_previous = :before, webhook_signing_key_previous_until = :until
                            WHERE id = :id""")
                .bind(
                        "fresh",
                        vault.encrypt(
                                binding(environment, "webhook_signing_key"),
                                fresh.reveal().getBytes(StandardCharsets.UTF_8)))
                .bind(
                        "before",
                        before.map(key -> vault.encrypt(binding(environment, "webhook_signing_key_previous"), key))
                                .orElse(null))
                .bind("until", until.atOffset(ZoneOffset.UTC))
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("id", environment)
                .execute();
        audit.note(handle, actor, environment, "rotated the signing key", "webhooks", Map.of());
        return true;
    }

    private Optional<List<SigningKey>> read(UUID environment) {
        return database.promptly(handle -> handle.createQuery("""
                        SELECT id, webhook_signing_key, webhook_signing_key_since, webhook_signing_key_previous, webhook_signing_key_previous_until
                        FROM environments WHERE id = :id""")
                .bind("id", environment)
                .map(Rows.certain("signing_key", (row, context) -> keys(environment, row)))
                .findOne());
    }

    private List<SigningKey> keys(UUID environment, ResultSet row) throws SQLException {
        List<SigningKey> keys = new ArrayList<>();
        Instant since =
                row.getObject("webhook_signing_key_since", OffsetDateTime.class).toInstant();
        keys.add(new SigningKey(
                open(environment, "webhook_signing_key", row.getBytes("webhook_signing_key")),
                since,
                Optional.empty()));
        byte[] previous = row.getBytes("webhook_signing_key_previous");
        if (previous != null) {
            Instant until = row.getObject("webhook_signing_key_previous_until", OffsetDateTime.class)
                    .toInstant();
            // The newest one signs, whatever happened to the previous one.
            Rows.part(
                            () -> Optional.of(open(environment, "webhook_signing_key_previous", previous)),
                            Optional.<Secret>empty())
                    .ifPresent(key -> keys.add(new SigningKey(key, since, Optional.of(until))));
        }
        return List.copyOf(keys);
    }

    private Secret open(UUID environment, String column, byte[] sealed) {
        return new Secret(new String(vault.decrypt(binding(environment, column), sealed), StandardCharsets.UTF_8));
    }

    private static Binding binding(UUID environment, String column) {
        return new Binding(environment, "environments", environment, column);
    }
}
