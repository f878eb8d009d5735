package dev.latchkey.server.team;

import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.vault.Hash;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import org.jdbi.v3.core.Handle;

/**
 * The browsers in which members have signed in. Each keeps a cookie of 256 random bits, of which the database has the hash: it grants
 * nothing, but its wrong passwords are counted separately, so that a stranger cannot lock a member out. It is forgotten when the
 * password or the member changes. Thread-safe.
 */
public final class KnownBrowsers {
    /** How long a browser stays known after its last sign-in. */
    public static final Duration LIFETIME = Duration.ofDays(180);

    private static final int MOST_OF_A_MEMBER = 50;

    private final Database database;
    private final SecureRandom random;
    private final InstantSource clock;

    public KnownBrowsers(Database database, SecureRandom random, InstantSource clock) {
        this.database = database;
        this.random = random;
        this.clock = clock;
    }

    /** A member's browser. @param name distinguishes it from others, and is not secret */
    public record Browser(String name) {}

    /** The browser with this cookie, where the member has signed in with it. */
    public Optional<Browser> find(Secret cookie, Member member) {
        byte[] hash = Hash.of(cookie.reveal());
        boolean known = database.withHandle(handle -> handle.createQuery("""
                        SELECT EXISTS (SELECT 1 FROM known_browsers WHERE hash = :hash AND member_id = :member AND expires_at > :now)""")
                .bind("hash", hash)
                .bind("member", member.id())
                .bind("now", clock.instant().atOffset(ZoneOffset.UTC))
                .mapTo(Boolean.class)
                .one());
        return known ? Optional.of(new Browser(HexFormat.of().formatHex(hash) + "/" + member.id())) : Optional.empty();
    }

    /**
     * After a member has signed in.
     *
     * @param before the browser's cookie until now: other members of this browser stay known with the new one
     * @return the cookie from now on, always a new one: a planted one is useless
     */
    public Secret remember(Member member, Optional<Secret> before) {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        Secret cookie = new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
        Instant now = clock.instant();
        database.inTransaction(handle -> {
            before.ifPresent(old -> handle.createUpdate("UPDATE known_browsers SET hash = :hash WHERE hash = :old")
                    .bind("hash", Hash.of(cookie.reveal()))
                    .bind("old", Hash.of(old.reveal()))
                    .execute());
            handle.createUpdate("""
                            INSERT INTO known_browsers (hash, member_id, expires_at) VALUES (:hash, :member, :expires)
                            ON CONFLICT (hash, member_id) DO UPDATE SET expires_at = :expires""")
                    .bind("hash", Hash.of(cookie.reveal()))
                    .bind("member", member.id())
                    .bind("expires", now.plus(LIFETIME).atOffset(ZoneOffset.UTC))
                    .execute();
            handle.createUpdate("""
                            DELETE FROM known_browsers WHERE member_id = :member AND (expires_at < :now OR hash NOT IN (
                                SELECT hash FROM known_browsers WHERE member_id = :member ORDER BY expires_at DESC LIMIT :most))""")
                    .bind("member", member.id())
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("most", MOST_OF_A_MEMBER)
                    .execute();
            return true;
        });
        return cookie;
    }

    /** All browsers of a member: anyone who knew the old password may have one. */
    static void forget(Handle handle, java.util.UUID member) {
        handle.createUpdate("DELETE FROM known_browsers WHERE member_id = :id")
                .bind("id", member)
                .execute();
    }
}
