package dev.latchkey.server.team;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;

/** The members and their passwords. Once there is an owner, there always is one. Thread-safe. */
public final class Members {
    /** The name of an owner created by the settings or by a click on this machine. */
    public static final String FIRST_OWNER = "owner";

    private final Database database;
    private final Ids ids;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Passwords passwords = new Passwords();

    public Members(Database database, Ids ids, InstantSource clock, AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.ids = ids;
        this.clock = clock;
    }

    /** Why something was not done, as a message for the page. */
    public sealed interface Change {
        record Done(Member member) implements Change {}

        record Refused(String reason) implements Change {}
    }

    public boolean isEmpty() {
        return database.withHandle(handle -> !handle.createQuery("SELECT EXISTS (SELECT 1 FROM members)")
                .mapTo(Boolean.class)
                .one());
    }

    public List<Member> list() {
        return database.withHandle(handle -> Rows.readable(
                MemberRows.WHAT, handle.createQuery(MemberRows.SELECT + " ORDER BY m.id"), MemberRows::read));
    }

    public Optional<Member> byId(UUID id) {
        return database.withHandle(handle -> MemberRows.byId(handle, id));
    }

    public Optional<Member> byEmail(String email) {
        return database.withHandle(
                handle -> handle.createQuery(MemberRows.SELECT + " WHERE lower(m.email) = lower(:email)")
                        .bind("email", email.strip())
                        .map(Rows.certain(MemberRows.WHAT, MemberRows::read))
                        .findOne());
    }

    /** When only one member has a password, signing in needs no name. */
    public Optional<Member> onlyOneWithPassword() {
        List<UUID> found = database.withHandle(
                handle -> handle.createQuery("SELECT id FROM members WHERE password_hash IS NOT NULL LIMIT 2")
                        .mapTo(UUID.class)
                        .list());
        return found.size() == 1 ? byId(found.getFirst()) : Optional.empty();
    }

    /** Takes the same time whether or not there is such a member. */
    public boolean passwordMatches(Optional<Member> member, Secret password) {
        Optional<String> hash = member.flatMap(one ->
                database.withHandle(handle -> handle.createQuery("SELECT password_hash FROM members WHERE id = :id")
                        .bind("id", one.id())
                        .map((row, context) -> Optional.ofNullable(row.getString(1)))
                        .findOne()
                        .flatMap(stored -> stored)));
        return passwords.matches(password, hash);
    }

    /** What is wrong with a new password; empty if nothing is. */
    public static Optional<String> problem(Secret password) {
        return Passwords.isAcceptable(password)
                ? Optional.empty()
                : Optional.of("A password has at least " + Passwords.SHORTEST + " characters.");
    }

    /** Creates the first owner; refused if there is one already, since two visitors may try at once. */
    public Change createFirstOwner(String email, Secret password) {
        Optional<String> problem = problem(password);
        if (problem.isPresent()) {
            return new Change.Refused(problem.get());
        }
        // Attempts that must fail cost no hash; the transaction checks again, since two may try at once.
        if (!isEmpty()) {
            return taken();
        }
        String hash = passwords.hash(password);
        return database.inTransaction(handle -> {
            handle.execute("SELECT pg_advisory_xact_lock(hashtext('latchkey first owner'))");
            boolean taken = handle.createQuery("SELECT EXISTS (SELECT 1 FROM members)")
                    .mapTo(Boolean.class)
                    .one();
            if (taken) {
                return taken();
            }
            Invitations.endSetup(handle);
            return new Change.Done(
                    insert(handle, email.isBlank() ? FIRST_OWNER : email.strip(), "", Role.OWNER, Optional.of(hash)));
        });
    }

    private static Change taken() {
        return new Change.Refused("A password has been set already. Sign in with it.");
    }

    /** LATCHKEY_DASHBOARD_PASSWORD applies at every start: it is the first owner's. */
    public void presetOwner(Secret password) {
        Optional<Member> owner = byEmail(FIRST_OWNER);
        if (owner.isEmpty()) {
            if (createFirstOwner("", password) instanceof Change.Refused) {
                String hash = passwords.hash(password);
                database.inTransaction(handle -> insert(handle, FIRST_OWNER, "", Role.OWNER, Optional.of(hash)));
            }
        } else if (!passwordMatches(owner, password)) {
            setPassword(owner.get(), password);
        }
    }

    /** Ends every session of the member, and forgets the browsers. */
    public void setPassword(Member member, Secret password) {
        String hash = passwords.hash(password);
        database.inTransaction(handle -> {
            MemberRows.setPassword(handle, member.id(), hash);
            return true;
        });
    }

    /**
     * Adds a member, who joins by {@link Invitations#link}.
     *
     * @throws ForbiddenException when the actor does not act for the account (one that does has every right that can be given), or only
     *     for a while or from some addresses
     */
    public Change invite(Actor actor, String email, Role role, Map<UUID, Boolean> environments) {
        actor.requireAccount();
        actor.requireUnbounded("The new member");
        if (!email.matches("[^@\\s]{1,64}@[^@\\s]{1,190}")) {
            return new Change.Refused("Write an email address, such as ada@example.com.");
        }
        return audited(actor, "invited a member", handle -> {
            boolean taken = handle.createQuery(
                            "SELECT EXISTS (SELECT 1 FROM members WHERE lower(email) = lower(:email))")
                    .bind("email", email)
                    .mapTo(Boolean.class)
                    .one();
            if (taken) {
                return new Change.Refused(email + " is a member already.");
            }
            Member member = insert(handle, email, "", role, Optional.empty());
            grant(handle, member.id(), environments);
            return new Change.Done(MemberRows.byId(handle, member.id()).orElseThrow());
        });
    }

    /** Role and environments. Refused for the last owner. @throws ForbiddenException as for an invitation */
    public Change change(Actor actor, UUID id, Role role, Map<UUID, Boolean> environments) {
        actor.requireAccount();
        actor.requireUnbounded("The changed member");
        return audited(actor, "changed a member", handle -> {
            if (role != Role.OWNER && isLastOwner(handle, id)) {
                return new Change.Refused("One owner must remain: make another member owner first.");
            }
            handle.createUpdate("UPDATE members SET role = :role WHERE id = :id")
                    .bind("role", role.text())
                    .bind("id", id)
                    .execute();
            grant(handle, id, environments);
            return MemberRows.byId(handle, id)
                    .<Change>map(Change.Done::new)
                    .orElseGet(() -> new Change.Refused("This member has been removed."));
        });
    }

    /** With their sessions. Refused for the last owner. @throws ForbiddenException as for an invitation */
    public Change remove(Actor actor, UUID id) {
        actor.requireAccount();
        return audited(actor, "removed a member", handle -> {
            Optional<Member> member = MemberRows.byId(handle, id);
            if (member.isEmpty()) {
                return new Change.Refused("This member has already been removed.");
            }
            if (isLastOwner(handle, id)) {
                return new Change.Refused("The last owner cannot be removed.");
            }
            handle.createUpdate("DELETE FROM members WHERE id = :id")
                    .bind("id", id)
                    .execute();
            return new Change.Done(member.get());
        });
    }

    /** The change and its row of the audit log, in one transaction. */
    private Change audited(Actor actor, String action, Function<Handle, Change> work) {
        return database.inTransaction(handle -> {
            Change change = work.apply(handle);
            if (change instanceof Change.Done done) {
                audit.append(
                        handle,
                        actor,
                        action,
                        Optional.empty(),
                        Optional.of(done.member().email()),
                        Map.of("role", done.member().role().text()));
            }
            return change;
        });
    }

    /** The member that an identity provider names: bound by subject, at first by an address that it has verified. */
    public Optional<Member> bySingleSignOn(String issuer, String subject, Optional<String> verifiedEmail, String name) {
        return database.inTransaction(handle -> {
            Optional<Member> bound = handle.createQuery(
                            MemberRows.SELECT + " WHERE m.issuer = :issuer AND m.subject = :subject")
                    .bind("issuer", issuer)
                    .bind("subject", subject)
                    .map(Rows.certain(MemberRows.WHAT, MemberRows::read))
                    .findOne();
            if (bound.isPresent() || verifiedEmail.isEmpty()) {
                return bound;
            }
            return handle.createQuery("""
                            UPDATE members SET issuer = :issuer, subject = :subject, name = CASE WHEN name = '' THEN :name ELSE name END
                            WHERE lower(email) = lower(:email) AND subject IS NULL RETURNING id""")
                    .bind("issuer", issuer)
                    .bind("subject", subject)
                    .bind("name", name)
                    .bind("email", verifiedEmail.get())
                    .mapTo(UUID.class)
                    .findOne()
                    .flatMap(id -> MemberRows.byId(handle, id));
        });
    }

    private Member insert(Handle handle, String email, String name, Role role, Optional<String> hash) {
        UUID id = ids.next();
        handle.createUpdate("""
                        INSERT INTO members (id, email, name, role, password_hash, created_at)
                        VALUES (:id, :email, :name, :role, :hash, :now)""")
                .bind("id", id)
                .bind("email", email)
                .bind("name", name)
                .bind("role", role.text())
                .bind("hash", hash.orElse(null))
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .execute();
        return MemberRows.byId(handle, id).orElseThrow();
    }

    private static void grant(Handle handle, UUID member, Map<UUID, Boolean> environments) {
        handle.createUpdate("DELETE FROM member_environments WHERE member_id = :id")
                .bind("id", member)
                .execute();
        environments.forEach((environment, reveal) -> handle.createUpdate(
                        "INSERT INTO member_environments (environment_id, member_id, may_reveal) VALUES (:environment, :id, :reveal)")
                .bind("environment", environment)
                .bind("id", member)
                .bind("reveal", reveal)
                .execute());
    }

    private static boolean isLastOwner(Handle handle, UUID id) {
        return handle.createQuery("SELECT id FROM members WHERE role = 'owner' FOR UPDATE")
                .mapTo(UUID.class)
                .list()
                .equals(List.of(id));
    }
}
