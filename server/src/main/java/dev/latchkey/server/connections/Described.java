package dev.latchkey.server.connections;

import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.Rows;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.mapper.RowMapper;

/** The parts of a connection besides its credentials. When it is authorized or imported again, those that the draft does not name are kept. */
record Described(
        UUID id,
        Map<String, String> tags,
        Optional<Connection.EndUser> endUser,
        Optional<String> webhookUrlOverride,
        Optional<Instant> expiresAt,
        Instant updatedAt) {
    /** Times of two systems that mean the same. */
    private static final Duration TOLERANCE = Duration.ofSeconds(1);

    /** Nothing here is encrypted, nor needed: a connection whose row cannot be read can be authorized again. */
    static final RowMapper<Described> ROWS = (row, context) -> {
        String endUser = row.getString("end_user");
        return new Described(
                row.getObject("id", UUID.class),
                Rows.texts(Json.MAPPER.readTree(row.getString("tags"))),
                Rows.part(
                        () -> Optional.ofNullable(endUser)
                                .map(Json.MAPPER::readTree)
                                .map(EndUserJson::read),
                        Optional.empty()),
                Optional.ofNullable(row.getString("webhook_url_override")),
                Optional.ofNullable(row.getObject("expires_at", OffsetDateTime.class))
                        .map(OffsetDateTime::toInstant),
                row.getObject("updated_at", OffsetDateTime.class).toInstant());
    };

    /**
     * Whether the credentials here are newer than those of an import: they expire later, or, where one does not say when it does, this
     * changed later.
     */
    boolean isNewer(Optional<Instant> expiry, Instant asOf) {
        return expiry.isPresent() && expiresAt.isPresent()
                ? expiresAt.get().isAfter(expiry.get().plus(TOLERANCE))
                : updatedAt.isAfter(asOf);
    }

    Draft under(Draft named) {
        Draft.Description given = named.description();
        return named.described(new Draft.Description(
                given.metadata(),
                tags(given),
                given.endUser()
                        .map(user -> endUser.map(user::over).orElse(user))
                        .or(() -> endUser),
                given.webhookUrlOverride().or(() -> webhookUrlOverride)));
    }

    /** With another end user, tags derived from the previous one are removed. */
    private Map<String, String> tags(Draft.Description named) {
        Map<String, String> all = new HashMap<>(tags);
        endUser.filter(before -> named.endUser()
                        .filter(after -> !after.id().equals(before.id()))
                        .isPresent())
                .ifPresent(before -> before.asTags().forEach(all::remove));
        all.putAll(named.tags());
        return Map.copyOf(all);
    }
}
