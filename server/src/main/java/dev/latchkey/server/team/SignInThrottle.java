package dev.latchkey.server.team;

import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Hash;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * Slows the guessing of passwords: after five wrong ones the account waits, twice as long each time, up to a quarter of an hour; an
 * address may be wrong for many accounts, so it waits later. An attempt is counted before its password is checked, and uncounted if
 * the password was right: however many arrive at once, no more than the free number are tried. A browser in which the member signed in
 * before has a counter of its own, and is not affected by strangers' attempts on the account or from the same address (OWASP, "Slow Down
 * Online Guessing Attacks with Device Cookies"). The same on every node. Thread-safe.
 */
public final class SignInThrottle {
    private static final int FREE_FOR_ACCOUNT = 5;
    private static final int FREE_FOR_ADDRESS = 20;
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final Duration FORGOTTEN = Duration.ofHours(24);

    /** @param free attempts before the first pause */
    private record Counter(byte[] who, int free) {
        static Counter of(String kind, String name, int free) {
            return new Counter(Hash.of(kind + ":" + name), free);
        }
    }

    /** Whether a password may be checked. */
    public sealed interface Attempt {
        /** It is counted: {@link #succeeded} or {@link #untried} uncounts it. */
        final class Counted implements Attempt {
            private final List<Counter> counters;

            private Counted(Counter... counters) {
                this.counters = List.of(counters);
            }
        }

        record Wait(Duration remaining) implements Attempt {}
    }

    private final Database database;
    private final InstantSource clock;

    public SignInThrottle(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** An attempt from a browser that this account has never signed in with. */
    public Attempt begin(String account, String address) {
        return count(
                Counter.of("address", address, FREE_FOR_ADDRESS),
                Counter.of("account", account.strip().toLowerCase(Locale.ROOT), FREE_FOR_ACCOUNT));
    }

    /** An attempt from a browser in which the member signed in before. */
    public Attempt begin(KnownBrowsers.Browser browser) {
        return count(Counter.of("browser", browser.name(), FREE_FOR_ACCOUNT));
    }

    /** A user of a member's session, who types the member's password again. */
    public Attempt beginAgain(UUID member) {
        return count(Counter.of("again", member.toString(), FREE_FOR_ACCOUNT));
    }

    /** Forgets the failures of the account or browser; an address keeps its failures with others. */
    public void succeeded(Attempt.Counted attempt) {
        database.inTransaction(handle -> {
            attempt.counters.forEach(counter -> {
                if (counter.free() == FREE_FOR_ADDRESS) {
                    giveBack(handle, counter);
                } else {
                    forget(handle, counter);
                }
            });
            return true;
        });
    }

    /** The password was not checked, for a reason that is not the caller's. */
    public void untried(Attempt.Counted attempt) {
        database.inTransaction(handle -> {
            attempt.counters.forEach(counter -> giveBack(handle, counter));
            return true;
        });
    }

    /** A member who has just chosen a new password does not wait for guesses of the old one. */
    public void forget(String account) {
        database.withHandle(handle ->
                forget(handle, Counter.of("account", account.strip().toLowerCase(Locale.ROOT), FREE_FOR_ACCOUNT)));
    }

    /** Drops expired counters. */
    public void tidy() {
        database.withHandle(handle -> handle.createUpdate("DELETE FROM sign_in_failures WHERE last_at < :forgotten")
                .bind("forgotten", clock.instant().minus(FORGOTTEN).atOffset(ZoneOffset.UTC))
                .execute());
    }

    private Attempt count(Counter... counters) {
        Instant now = clock.instant();
        return database.inTransaction(handle -> {
            // Always in this order, address before account: two attempts never wait for each other.
            for (int i = 0; i < counters.length; i++) {
                if (!count(handle, counters[i], now)) {
                    Arrays.stream(counters).limit(i).forEach(counted -> giveBack(handle, counted));
                    return new Attempt.Wait(remaining(handle, counters[i], now));
                }
            }
            return new Attempt.Counted(counters);
        });
    }

    /** One statement: between a check and a count others would pass. @return false, and nothing counted, while it must wait */
    private static boolean count(Handle handle, Counter counter, Instant now) {
        return handle.createQuery("""
                        INSERT INTO sign_in_failures AS known (who, failures, last_at) VALUES (:who, 1, :now)
                        ON CONFLICT (who) DO UPDATE SET last_at = :now,
                            failures = CASE WHEN known.last_at < :forgotten THEN 1 ELSE known.failures + 1 END
                        WHERE known.last_at < :forgotten OR known.failures < :free
                           OR known.last_at + least(:longest, :first * power(2, least(known.failures - :free, 10))) * interval '1 second' <= :now
                        RETURNING failures""")
                .bind("who", counter.who())
                .bind("free", counter.free())
                .bind("first", FIRST.toSeconds())
                .bind("longest", LONGEST.toSeconds())
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("forgotten", now.minus(FORGOTTEN).atOffset(ZoneOffset.UTC))
                .mapTo(Integer.class)
                .findOne()
                .isPresent();
    }

    private static Duration remaining(Handle handle, Counter counter, Instant now) {
        return handle.createQuery("SELECT failures, last_at FROM sign_in_failures WHERE who = :who")
                .bind("who", counter.who())
                .map((row, context) -> {
                    Duration pause = FIRST.multipliedBy(1L << Math.clamp(row.getInt(1) - counter.free(), 0, 10));
                    Duration bounded = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
                    return Duration.between(
                            now,
                            row.getObject(2, OffsetDateTime.class).toInstant().plus(bounded));
                })
                .findOne()
                .filter(Duration::isPositive)
                // Already released.
                .orElse(Duration.ofSeconds(1));
    }

    private static void giveBack(Handle handle, Counter counter) {
        handle.createUpdate("UPDATE sign_in_failures SET failures = greatest(failures - 1, 0) WHERE who = :who")
                .bind("who", counter.who())
                .execute();
    }

    private static int forget(Handle handle, Counter counter) {
        return handle.createUpdate("DELETE FROM sign_in_failures WHERE who = :who")
                .bind("who", counter.who())
                .execute();
    }
}
