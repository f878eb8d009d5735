package dev.latchkey.server.team;

import dev.latchkey.server.storage.Rows;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.StatementContext;

/** Members as rows, with the environments that they see. */
final class MemberRows {
    static final String WHAT = "member";
    static final String SELECT = """
            SELECT m.id, m.email, m.name, m.role, m.password_hash IS NOT NULL AS has_password, m.subject IS NOT NULL AS has_subject,
                   m.created_at, m.seen_at,
                   ARRAY(SELECT e.environment_id || CASE WHEN e.may_reveal THEN '+' ELSE '' END FROM member_environments e
                         WHERE e.member_id = m.id) AS environments
            FROM members m""";

    private MemberRows() {}

    static Optional<Member> byId(Handle handle, UUID id) {
        return handle.createQuery(SELECT + " WHERE m.id = :id")
                .bind("id", id)
                .map(Rows.certain(WHAT, MemberRows::read))
                .findOne();
    }

    /** Ends every session and invitation link of the member, and forgets the browsers. */
    static void setPassword(Handle handle, UUID member, String hash) {
        handle.createUpdate("UPDATE members SET password_hash = :hash WHERE id = :id")
                .bind("hash", hash)
                .bind("id", member)
                .execute();
        handle.createUpdate("DELETE FROM dashboard_sessions WHERE member_id = :id")
                .bind("id", member)
                .execute();
        Invitations.end(handle, member);
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
