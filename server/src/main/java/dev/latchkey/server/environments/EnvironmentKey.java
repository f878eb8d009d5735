package dev.latchkey.server.environments;

import dev.latchkey.server.access.Cidr;
import dev.latchkey.server.access.Pause;
import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;

/**
 * A secret key in a form that can be shown: its text is known only to its holder.
 *
 * @param expiresAt when it expires
 * @param allowedAddresses it works only from these; empty: from anywhere
 * @param lastUse a few seconds late
 */
public record EnvironmentKey(
        UUID id,
        String name,
        List<String> scopes,
        Instant createdAt,
        Optional<Instant> expiresAt,
        List<Cidr> allowedAddresses,
        Optional<Use> lastUse,
        Optional<Pause> pause) {
    /** How long before its expiry people are warned. */
    public static final Duration WARNED_BEFORE = Duration.ofDays(14);

    /** No caller has this address. */
    private static final Cidr NOWHERE = Cidr.parse("0.0.0.0/32").orElseThrow();

    static final String COLUMNS =
            "id, name, scopes, created_at, expires_at, allowed_addresses, last_used_at, last_used_from, paused_at, paused_by, paused_reason";

    /** @param from the caller's address */
    public record Use(Instant at, String from) {}

    public boolean isExpired(Instant now) {
        return expiresAt.filter(end -> !end.isAfter(now)).isPresent();
    }

    public boolean expiresSoon(Instant now) {
        return !isExpired(now)
                && expiresAt
                        .filter(end -> end.isBefore(now.plus(WARNED_BEFORE)))
                        .isPresent();
    }

    static EnvironmentKey read(ResultSet row) throws SQLException {
        return new EnvironmentKey(
                row.getObject("id", UUID.class),
                row.getString("name"),
                List.of(texts(row.getArray("scopes"))),
                row.getObject("created_at", OffsetDateTime.class).toInstant(),
                time(row, "expires_at"),
                allowed(texts(row.getArray("allowed_addresses"))),
                time(row, "last_used_at").map(at -> new Use(at, use(row))),
                Pause.read(row));
    }

    /** An invalid range matches nothing. A key whose ranges are all invalid must not work from anywhere, as a key without ranges does. */
    private static List<Cidr> allowed(String[] texts) {
        List<Cidr> ranges =
                Arrays.stream(texts).flatMap(text -> Cidr.parse(text).stream()).toList();
        return texts.length > 0 && ranges.isEmpty() ? List.of(NOWHERE) : ranges;
    }

    private static String use(ResultSet row) {
        try {
            return Optional.ofNullable(row.getString("last_used_from")).orElse("");
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String[] texts(Array array) throws SQLException {
        return (String[]) array.getArray();
    }

    private static Optional<Instant> time(ResultSet row, String column) throws SQLException {
        return Optional.ofNullable(row.getObject(column, OffsetDateTime.class)).map(OffsetDateTime::toInstant);
    }
}
