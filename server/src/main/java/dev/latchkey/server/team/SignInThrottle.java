package dev.latchkey.server.team;

import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Hash;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * Slows the guessing of passwords: after five wrong ones the account waits, twice as long each time, up to a quarter of an hour; an
 * address may be wrong for many accounts, so it waits later. The same on every node. Thread-safe.
 */
public final class SignInThrottle {
    private static final int FREE_FOR_ACCOUNT = 5;
    private static final int FREE_FOR_ADDRESS = 20;
    private static final Duration FIRST = Duration.ofSeconds(5);
    private static final Duration LONGEST = Duration.ofMinutes(15);
    private static final Duration FORGOTTEN = Duration.ofHours(24);

    private final Database database;
    private final InstantSource clock;

    public SignInThrottle(Database database, InstantSource clock) {
        this.database = database;
        this.clock = clock;
    }

    /** How long to wait before the next attempt is even looked at; empty when there is no need to. */
    public Optional<Duration> wait(String account, String address) {
        Duration wait = max(wait(accountKey(account), FREE_FOR_ACCOUNT), wait(addressKey(address), FREE_FOR_ADDRESS));
        return wait.isPositive() ? Optional.of(wait) : Optional.empty();
    }

    public void failed(String account, String address) {
        count(accountKey(account));
        count(addressKey(address));
    }

    /** Forgets the account's failures; the address keeps its own. */
    public void succeeded(String account) {
        database.withHandle(handle -> handle.createUpdate("DELETE FROM sign_in_failures WHERE who = :who")
                .bind("who", accountKey(account))
                .execute());
    }

    private Duration wait(byte[] who, int free) {
        record Failures(int count, Instant lastAt) {}
        Optional<Failures> found = database.withHandle(handle -> handle.createQuery(
                        "SELECT failures, last_at FROM sign_in_failures WHERE who = :who")
                .bind("who", who)
                .map((row, context) -> new Failures(
                        row.getInt(1), row.getObject(2, OffsetDateTime.class).toInstant()))
                .findOne());
        return found.filter(it -> it.count() >= free)
                .map(it -> {
                    Duration pause = FIRST.multipliedBy(1L << Math.min(it.count() - free, 10));
                    Duration bounded = pause.compareTo(LONGEST) > 0 ? LONGEST : pause;
                    return Duration.between(clock.instant(), it.lastAt().plus(bounded));
                })
                .orElse(Duration.ZERO);
    }

    private void count(byte[] who) {
        Instant now = clock.instant();
        database.withHandle(handle -> handle.createUpdate("""
                        INSERT INTO sign_in_failures (who, failures, last_at) VALUES (:who, 1, :now)
                        ON CONFLICT (who) DO UPDATE SET last_at = :now,
                            failures = CASE WHEN sign_in_failures.last_at < :forgotten THEN 1 ELSE sign_in_failures.failures + 1 END""")
                .bind("who", who)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("forgotten", now.minus(FORGOTTEN).atOffset(ZoneOffset.UTC))
                .execute());
    }

    private static Duration max(Duration one, Duration other) {
        return one.compareTo(other) > 0 ? one : other;
    }

    private static byte[] accountKey(String account) {
        return Hash.of("account:" + account.strip().toLowerCase(java.util.Locale.ROOT));
    }

    private static byte[] addressKey(String address) {
        return Hash.of("address:" + address);
    }
}
