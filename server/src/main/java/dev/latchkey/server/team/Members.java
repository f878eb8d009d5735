package dev.latchkey.server.team;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.access.ForbiddenException;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Hash;
import java.security.SecureRandom;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** The members, their passwords and invitations. Once there is an owner, there always is one. Thread-safe. */
public final class Members {
    static final String WHAT = "member";
    /** The name of an owner created by the settings or by a click on this machine. */
    public static final String FIRST_OWNER = "owner";

    private static final Duration INVITATION = Duration.ofDays(7);
    static final String SELECT = """
            SELECT m.id, m.email, m.name, m.role, m.password_hash IS NOT NULL AS has_password, m.subject IS NOT NULL AS has_subject,
                   m.created_at, m.seen_at,
                   ARRAY(SELECT e.environment_id || CASE WHEN e.may_reveal THEN '+' ELSE '' END FROM member_environments e
                         WHERE e.member_id = m.id) AS environments
            FROM members m""";

    private final Database database;
    private final Ids ids;
    private final SecureRandom random;
    private final InstantSource clock;
    private final AuditLog audit;
    private final Passwords passwords = new Passwords();

    public Members(Database database, Ids ids, SecureRandom random, InstantSource clock, AuditLog audit) {
        this.audit = audit;
        this.database = database;
        this.ids = ids;
        this.random = random;
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
        return database.withHandle(
                handle -> Rows.readable(WHAT, handle.createQuery(SELECT + " ORDER BY m.id"), Members::read));
    }

    public Optional<Member> byId(UUID id) {
        return database.withHandle(handle -> byId(handle, id));
    }

    private static Optional<Member> byId(Handle handle, UUID id) {
        return handle.createQuery(SELECT + " WHERE m.id = :id")
                .bind("id", id)
                .map(Rows.certain(WHAT, Members::read))
                .findOne();
    }

    public Optional<Member> byEmail(String email) {
        return database.withHandle(handle -> handle.createQuery(SELECT + " WHERE lower(m.email) = lower(:email)")
                .bind("email", email.strip())
                .map(Rows.certain(WHAT, Members::read))
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
            handle.execute("DELETE FROM invitations WHERE member_id IS NULL");
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
            handle.createUpdate("UPDATE members SET password_hash = :hash WHERE id = :id")
                    .bind("hash", hash)
                    .bind("id", member.id())
                    .execute();
            endSessions(handle, member.id());
            return true;
        });
    }

    /**
     * Adds a member, who joins by {@link #invitationLink}.
     *
     * @throws ForbiddenException when the actor does not act for the account: one that does has every right that can be given
     */
    public Change invite(Actor actor, String email, Role role, Map<UUID, Boolean> environments) {
        actor.requireAccount();
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
            return new Change.Done(byId(handle, member.id()).orElseThrow());
        });
    }

    /** Role and environments. Refused for the last owner. @throws ForbiddenException as for an invitation */
    public Change change(Actor actor, UUID id, Role role, Map<UUID, Boolean> environments) {
        actor.requireAccount();
        return audited(actor, "changed a member", handle -> {
            if (role != Role.OWNER && isLastOwner(handle, id)) {
                return new Change.Refused("One owner must remain: make another member owner first.");
            }
            handle.createUpdate("UPDATE members SET role = :role WHERE id = :id")
                    .bind("role", role.text())
                    .bind("id", id)
                    .execute();
            grant(handle, id, environments);
            return byId(handle, id)
                    .<Change>map(Change.Done::new)
                    .orElseGet(() -> new Change.Refused("This member has been removed."));
        });
    }

    /** With their sessions. Refused for the last owner. @throws ForbiddenException as for an invitation */
    public Change remove(Actor actor, UUID id) {
        actor.requireAccount();
        return audited(actor, "removed a member", handle -> {
            Optional<Member> member = byId(handle, id);
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

    private void audit(Actor actor, String action, Member member) {
        audit.append(
                actor,
                action,
                Optional.empty(),
                Optional.of(member.email()),
                Map.of("role", member.role().text()));
    }

    /** A token that lets a member set a password, once. @throws ForbiddenException as for an invitation */
    public Secret invitationLink(Actor actor, Member member) {
        actor.requireAccount();
        audit(actor, "made an invitation link", member);
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
        database.withHandle(handle -> handle.createUpdate(
                        "INSERT INTO invitations (hash, member_id, expires_at) VALUES (:hash, :member, :expires)")
                .bind("hash", Hash.of(token))
                .bind("member", member.map(Member::id).orElse(null))
                .bind("expires", clock.instant().plus(INVITATION).atOffset(ZoneOffset.UTC))
                .execute());
        return new Secret(token);
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
    public Change join(String token, Secret password) {
        Optional<String> problem = problem(password);
        if (problem.isPresent()) {
            return new Change.Refused(problem.get());
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
            handle.createUpdate("UPDATE members SET password_hash = :hash WHERE id = :id")
                    .bind("hash", hash)
                    .bind("id", id.get())
                    .execute();
            endSessions(handle, id.get());
            return new Change.Done(byId(handle, id.get()).orElseThrow());
        });
    }

    private static Change usedUp() {
        return new Change.Refused(
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

    /** The member that an identity provider names: bound by subject, at first by an address that it has verified. */
    public Optional<Member> bySingleSignOn(String issuer, String subject, Optional<String> verifiedEmail, String name) {
        return database.inTransaction(handle -> {
            Optional<Member> bound = handle.createQuery(SELECT + " WHERE m.issuer = :issuer AND m.subject = :subject")
                    .bind("issuer", issuer)
                    .bind("subject", subject)
                    .map(Rows.certain(WHAT, Members::read))
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
                    .flatMap(id -> byId(handle, id));
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
        return byId(handle, id).orElseThrow();
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

    private static void endSessions(Handle handle, UUID member) {
        handle.createUpdate("DELETE FROM dashboard_sessions WHERE member_id = :id")
                .bind("id", member)
                .execute();
        KnownBrowsers.forget(handle, member);
    }

    static Member read(ResultSet row, StatementContext context) throws SQLException {
        Map<UUID, Boolean> environments = new HashMap<>();
        for (String one : (String[]) row.getArray("environments").getArray()) {
            environments.put(UUID.fromString(one.replace("+", "")), one.endsWith("+"));
        }
        OffsetDateTime seen = row.getObject("seen_at", OffsetDateTime.class);
        return new Member(
                row.getObject("id", UUID.class),
                row.getString("email"),
                row.getString("name"),
                Role.of(row.getString("role")).orElseThrow(),
                row.getBoolean("has_password"),
                row.getBoolean("has_subject"),
                Map.copyOf(environments),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                Optional.ofNullable(seen).map(OffsetDateTime::toInstant));
    }
}
