package dev.latchkey.server.team;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/** Links by which members set a password, each once and within a week. Thread-safe. */
public final class Invitations {
    private static final Duration LIFETIME = Duration.ofDays(7);

    private final Database database;
    private final SecureRandom random;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Passwords passwords = new Passwords();

    public Invitations(Database database, SecureRandom random, InstantSource clock, AuditLog audit) {
        this.database = database;
        this.random = random;
        this.clock = clock;
        this.audit = audit;
    }

    /**
     * A token that lets a member set a password, once. Earlier ones end: an owner makes another when one went astray.
     *
     * @throws ForbiddenException as for an invitation
     */
    public Secret link(Actor actor, Member member) {
        actor.requireAccount();
        actor.requireUnbounded("The member with this link");
        audit.append(
                actor,
                "made an invitation link",
                Optional.empty(),
                Optional.of(member.email()),
                Map.of("role", member.role().text()));
        return invitation(Optional.of(member));
    }

    /** A token that creates the first owner, once. */
    public Secret setupToken() {
        return invitation(Optional.empty());
    }

    private Secret invitation(Optional<Member> member) {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(bits);
        database.inTransaction(handle -> {
            member.ifPresent(one -> end(handle, one.id()));
            return handle.createUpdate(
                            "INSERT INTO invitations (hash, member_id, expires_at) VALUES (:hash, :member, :expires)")
                    .bind("hash", Hash.of(token))
                    .bind("member", member.map(Member::id).orElse(null))
                    .bind("expires", clock.instant().plus(LIFETIME).atOffset(ZoneOffset.UTC))
                    .execute();
        });
        return new Secret(token);
    }

    /** Ends the links of a member: a person who found one could replace the password that the member has set since. */
    static void end(Handle handle, UUID member) {
        handle.createUpdate("DELETE FROM invitations WHERE member_id = :member")
                .bind("member", member)
                .execute();
    }

    /** Whether the token would create the first owner. */
    public boolean isSetupToken(String token) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT EXISTS (SELECT 1 FROM invitations WHERE hash = :hash AND member_id IS NULL AND expires_at > :now)")
                .bind("hash", Hash.of(token))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .mapTo(Boolean.class)
                .one());
    }

    /** The invitation is consumed when the password is accepted. */
    public Members.Change join(String token, Secret password) {
        Optional<String> problem = Members.problem(password);
        if (problem.isPresent()) {
            return new Members.Change.Refused(problem.get());
        }
        // Without an invitation no hash is computed; the transaction checks again, since it is valid once.
        if (!isInvitation(token)) {
            return usedUp();
        }
        String hash = passwords.hash(password);
        return database.inTransaction(handle -> {
            Optional<UUID> id = handle.createQuery(
                            "DELETE FROM invitations WHERE hash = :hash AND member_id IS NOT NULL AND expires_at > :now RETURNING member_id")
                    .bind("hash", Hash.of(token))
                    .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                    .mapTo(UUID.class)
                    .findOne();
            if (id.isEmpty()) {
                return usedUp();
            }
            MemberRows.setPassword(handle, id.get(), hash);
            return new Members.Change.Done(MemberRows.byId(handle, id.get()).orElseThrow());
        });
    }

    private static Members.Change usedUp() {
        return new Members.Change.Refused(
                "This link has already been used, or is older than a week. Ask an owner for a new one.");
    }

    private boolean isInvitation(String token) {
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT EXISTS (SELECT 1 FROM invitations WHERE hash = :hash AND member_id IS NOT NULL AND expires_at > :now)")
                .bind("hash", Hash.of(token))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .mapTo(Boolean.class)
                .one());
    }

    /** The first owner exists: no token creates another. */
    static void endSetup(Handle handle) {
        handle.execute("DELETE FROM invitations WHERE member_id IS NULL");
    }
}
