package dev.latchkey.server.team;

import com.password4j.Argon2Function;
import com.password4j.Password;
import com.password4j.types.Argon2;
import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.server.secrets.Secret;
import java.util.Optional;

/** Argon2id with 19 MiB and two passes, as OWASP advises. At most a few at once, and none on request threads ({@link HeavyWork}). */
final class Passwords {
    static final int SHORTEST = 10;
    private static final int LONGEST = 200;
    private Optional<String> hashOfNoAccount = Optional.empty();

    static boolean isAcceptable(Secret password) {
        int length = password.reveal().length();
        return length >= SHORTEST && length <= LONGEST;
    }

    String hash(Secret password) {
        return HeavyWork.hashing()
                .run(() -> Password.hash(password.reveal())
                        .addRandomSalt(16)
                        .with(argon2())
                        .getResult());
    }

    /** One per process, whose 19 MiB stay allocated: a process without sign-ins never allocates them. */
    private static Argon2Function argon2() {
        return Argon2Function.getInstance(19_456, 2, 1, 32, Argon2.ID);
    }

    boolean matches(Secret password, Optional<String> hash) {
        if (password.reveal().length() > LONGEST) {
            return false;
        }
        // Computed whether it is needed or not: the timing of the first response must reveal nothing either.
        String stored = hash.orElse(ofNoAccount());
        boolean same = HeavyWork.hashing()
                .run(() -> Password.check(password.reveal(), stored).with(Argon2Function.getInstanceFromHash(stored)));
        return same && hash.isPresent();
    }

    /** For an account that does not exist: the response must take as long. Computed at the first sign-in, to keep startup fast. */
    private synchronized String ofNoAccount() {
        if (hashOfNoAccount.isEmpty()) {
            hashOfNoAccount = Optional.of(hash(new Secret("no account has this password")));
        }
        return hashOfNoAccount.get();
    }
}
