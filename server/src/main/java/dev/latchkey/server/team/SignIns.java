package dev.latchkey.server.team;

import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.secrets.Secret;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * How members sign in and out, and set passwords: each attempt is limited by {@link SignInThrottle}, and each outcome is in the audit
 * log. Thread-safe.
 */
public final class SignIns {
    private final Members members;
    private final Invitations invitations;
    private final SignInThrottle throttle;
    private final AuditLog audit;

    SignIns(Members members, Invitations invitations, SignInThrottle throttle, AuditLog audit) {
        this.members = members;
        this.invitations = invitations;
        this.throttle = throttle;
        this.audit = audit;
    }

    /** The outcome of an attempt. */
    public sealed interface Result {
        record Done(Member member) implements Result {}

        /** The password, or the account, is not right: which of them is not said. */
        record Wrong() implements Result {}

        /** There were too many wrong passwords; this one was not checked. */
        record Wait(Duration remaining) implements Result {}
    }

    /**
     * @param member empty: unknown, which takes as long as a wrong password
     * @param account as typed, or the member's email address; it is limited whether or not it exists
     * @param browser in which the member signed in before, which has a limit of its own
     */
    public Result byPassword(
            Optional<Member> member,
            String account,
            Optional<KnownBrowsers.Browser> browser,
            String address,
            Secret password) {
        Result result =
                check(browser.map(throttle::begin).orElseGet(() -> throttle.begin(account, address)), member, password);
        switch (result) {
            case Result.Done done -> append(done.member().email(), "signed in", Map.of("by", "password"));
            case Result.Wrong _ ->
                append(
                        member.map(Member::email).orElse("unknown"),
                        "sign-in refused",
                        Map.of("reason", "wrong password"));
            case Result.Wait _ -> {}
        }
        return result;
    }

    /** @return empty: this person is not a member */
    public Optional<Member> bySingleSignOn(SingleSignOn.Person person) {
        Optional<Member> member =
                members.bySingleSignOn(person.issuer(), person.subject(), person.email(), person.name());
        member.ifPresentOrElse(
                one -> append(one.email(), "signed in", Map.of("by", "single sign-on")),
                () -> append(person.email().orElse("unknown"), "sign-in refused", Map.of("reason", "not a member")));
        return member;
    }

    public void out(Member member) {
        append(member.email(), "signed out", Map.of());
    }

    /** Creates the first owner, as {@link Members#createFirstOwner}. */
    public Members.Change setUp(String email, Secret password) {
        return noted("set the first password", members.createFirstOwner(email, password));
    }

    /** Follows an invitation; guesses of the member's previous password are forgotten. */
    public Members.Change join(String token, Secret password) {
        Members.Change change = noted("set a password by link", invitations.join(token, password));
        if (change instanceof Members.Change.Done done) {
            throttle.forget(done.member().email());
        }
        return change;
    }

    /** A stolen session must not be a way to try passwords: the present one is required and limited. Ends every session of the member. */
    public Result changePassword(Member member, Secret present, Secret wanted) {
        Result result = member.hasPassword()
                ? check(throttle.beginAgain(member.id()), Optional.of(member), present)
                : new Result.Done(member);
        if (result instanceof Result.Done) {
            members.setPassword(member, wanted);
            append(
                    member.email(),
                    "changed the password",
                    Optional.of(member.email()),
                    Map.of("role", member.role().text()));
        }
        return result;
    }

    private Result check(SignInThrottle.Attempt attempt, Optional<Member> member, Secret password) {
        return switch (attempt) {
            case SignInThrottle.Attempt.Wait wait -> new Result.Wait(wait.remaining());
            case SignInThrottle.Attempt.Counted counted -> check(counted, member, password);
        };
    }

    private Result check(SignInThrottle.Attempt.Counted attempt, Optional<Member> member, Secret password) {
        boolean right;
        try {
            right = members.passwordMatches(member, password);
        } catch (RuntimeException e) {
            throttle.untried(attempt);
            throw e;
        }
        if (!right) {
            return new Result.Wrong();
        }
        throttle.succeeded(attempt);
        return new Result.Done(member.orElseThrow());
    }

    private Members.Change noted(String action, Members.Change change) {
        if (change instanceof Members.Change.Done done) {
            append(done.member().email(), action, Map.of());
        }
        return change;
    }

    private void append(String who, String action, Map<String, String> details) {
        append(who, action, Optional.empty(), details);
    }

    private void append(String who, String action, Optional<String> target, Map<String, String> details) {
        audit.append(who, action, Optional.empty(), target, details);
    }
}
