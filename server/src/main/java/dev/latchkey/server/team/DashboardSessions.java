package dev.latchkey.server.team;

import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Rows;
import dev.latchkey.server.vault.Hash;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;

/** Signed-in browsers. A session ends after two hours without a request, and twelve hours after it began. Thread-safe. */
public final class DashboardSessions {
    private static final Duration IDLE = Duration.ofHours(2);
    private static final Duration LIFETIME = Duration.ofHours(12);

    private final Database database;
    private final SecureRandom random;
    private final InstantSource clock;

    public DashboardSessions(Database database, SecureRandom random, InstantSource clock) {
        this.database = database;
        this.random = random;
        this.clock = clock;
    }

    /** 256 random bits for a cookie. */
    public Secret newToken() {
        byte[] bits = new byte[32];
        random.nextBytes(bits);
        return new Secret(Base64.getUrlEncoder().withoutPadding().encodeToString(bits));
    }

    /** A new session, always with a new token: a browser's token from before the sign-in is useless. */
    public Secret begin(Member member) {
        Secret token = newToken();
        Instant now = clock.instant();
        database.inTransaction(handle -> {
            handle.createUpdate("""
                            INSERT INTO dashboard_sessions (hash, member_id, created_at, seen_at, expires_at)
                            VALUES (:hash, :member, :now, :now, :expires)""")
                    .bind("hash", Hash.of(token.reveal()))
                    .bind("member", member.id())
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("expires", now.plus(LIFETIME).atOffset(ZoneOffset.UTC))
                    .execute();
            handle.createUpdate("DELETE FROM dashboard_sessions WHERE expires_at < :now")
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .execute();
            return true;
        });
        return token;
    }

    /** Whose session it is; this request keeps it from ending for idleness. */
    public Optional<Member> find(Secret token) {
        Optional<Found> found = found(token);
        Instant now = clock.instant();
        found.filter(it -> it.seenAt().isBefore(now.minusSeconds(60)))
                .ifPresent(it -> touch(Hash.of(token.reveal()), it.member(), now));
        return found.map(Found::member);
    }

    /** Whose session it is, for a page that updates by itself: an open page is no sign of a person. */
    public Optional<Member> look(Secret token) {
        return found(token).map(Found::member);
    }

    private record Found(Member member, Instant seenAt) {}

    private Optional<Found> found(Secret token) {
        byte[] hash = Hash.of(token.reveal());
        Instant now = clock.instant();
        return database.withHandle(handle -> handle.createQuery(
                        "SELECT found.*, s.seen_at AS session_seen_at FROM (" + MemberRows.SELECT + """
                        ) found JOIN dashboard_sessions s ON s.member_id = found.id
                        WHERE s.hash = :hash AND s.expires_at > :now AND s.seen_at > :idle""")
                .bind("hash", hash)
                .bind("now", now.atOffset(ZoneOffset.UTC))
                .bind("idle", now.minus(IDLE).atOffset(ZoneOffset.UTC))
                .map(Rows.certain(
                        MemberRows.WHAT,
                        (row, context) -> new Found(
                                MemberRows.read(row, context),
                                row.getObject("session_seen_at", OffsetDateTime.class)
                                        .toInstant())))
                .findOne());
    }

    private void touch(byte[] hash, Member member, Instant now) {
        database.withHandle(handle -> {
            handle.createUpdate("UPDATE dashboard_sessions SET seen_at = :now WHERE hash = :hash")
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("hash", hash)
                    .execute();
            return handle.createUpdate("UPDATE members SET seen_at = :now WHERE id = :id")
                    .bind("now", now.atOffset(ZoneOffset.UTC))
                    .bind("id", member.id())
                    .execute();
        });
    }

    public void end(Secret token) {
        database.withHandle(handle -> handle.createUpdate("DELETE FROM dashboard_sessions WHERE hash = :hash")
                .bind("hash", Hash.of(token.reveal()))
                .execute());
    }

    /** The token that a form of this browser must carry: known to our pages, not to other sites, and useless without the cookie. */
    public static String formToken(Secret cookie) {
        return HexFormat.of().formatHex(Hash.of("form:" + cookie.reveal()));
    }

    public static boolean isFormToken(Secret cookie, String presented) {
        return MessageDigest.isEqual(
                formToken(cookie).getBytes(StandardCharsets.UTF_8), presented.getBytes(StandardCharsets.UTF_8));
    }
}
