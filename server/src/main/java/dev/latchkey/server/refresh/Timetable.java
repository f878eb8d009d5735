package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.server.connections.Connection.Schedule;
import dev.latchkey.server.connections.Credentials;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;

/**
 * When credentials are due: before they expire, before their refresh token is idle for too long, and before it expires. With jitter,
 * so that credentials obtained together are not refreshed together. Thread-safe.
 */
public final class Timetable {
    /** The warning of a grant's end comes this long before, or in the last quarter of its life. */
    private static final Duration WARNING = Duration.ofDays(7);
    /**
     * No connection is refreshed ahead of time more often than this, whatever expiry its vendor writes into token responses: a token
     * that is due when it is issued would be refreshed for ever.
     */
    static final Duration LEAST_PAUSE = Duration.ofSeconds(30);
    /** A smaller change of the end counts as none. */
    private static final Duration TOLERANCE = Duration.ofMinutes(5);

    private final InstantSource clock;
    private final RandomGenerator random;

    public Timetable(InstantSource clock, RandomGenerator random) {
        this.clock = clock;
        this.random = random;
    }

    Instant now() {
        return clock.instant();
    }

    /** For newly issued credentials, with their whole lifetime ahead. */
    public Schedule issued(Auth auth, Credentials credentials) {
        Instant now = clock.instant();
        Optional<Instant> grantEnd = grantEnd(auth, credentials, now);
        return new Schedule(
                due(auth, credentials, now, lead(auth, credentials, now), grantEnd),
                grantEnd,
                grantEnd.map(end -> warning(end, now)));
    }

    /** For credentials of unknown age: the whole buffer counts. */
    public Schedule imported(Auth auth, Credentials credentials) {
        Instant now = clock.instant();
        Duration buffer = auth.facts().expiry().buffer();
        Optional<Instant> grantEnd = RefreshSchedule.canRefresh(auth, credentials)
                ? Optional.empty()
                : credentials.expiry().filter(end -> end.isAfter(now));
        return new Schedule(
                due(auth, credentials, now, buffer, Optional.empty()),
                grantEnd,
                grantEnd.map(end -> warning(end, now)));
    }

    /**
     * For the result of a refresh.
     *
     * @param askedAt when the request began: lifetimes count from there
     */
    Schedule renewed(Auth auth, Schedule before, Credentials old, Credentials renewed, Instant askedAt) {
        boolean sameToken = old.refreshToken().equals(renewed.refreshToken());
        Optional<Instant> said = said(auth, renewed, askedAt)
                .or(() -> RefreshSchedule.canRefresh(auth, renewed) ? Optional.empty() : renewed.expiry());
        Optional<Instant> grantEnd =
                said.isPresent() ? said : sameToken ? before.grantEndsAt() : assumed(auth, renewed, askedAt);
        boolean moved = grantEnd.isPresent()
                && before.grantEndsAt()
                        .filter(end -> !grantEnd.get().isAfter(end.plus(TOLERANCE)))
                        .isEmpty();
        return new Schedule(
                notAtOnce(due(auth, renewed, askedAt, lead(auth, renewed, askedAt), grantEnd), askedAt),
                grantEnd,
                // A warning of an unchanged end is not repeated.
                moved ? grantEnd.map(end -> warning(end, askedAt)) : grantEnd.flatMap(end -> before.warnAt()));
    }

    private Optional<Instant> due(
            Auth auth, Credentials credentials, Instant now, Duration lead, Optional<Instant> grantEnd) {
        if (!RefreshSchedule.canRefresh(auth, credentials)) {
            return Optional.empty();
        }
        Optional<Instant> beforeItEnds =
                credentials.expiry().map(end -> end.minus(lead).minus(part(lead.dividedBy(3))));
        boolean hasRefreshToken = credentials.refreshToken().isPresent();
        Duration idle = auth.facts().expiry().keepAlive();
        Optional<Instant> beforeItIsIdle = hasRefreshToken && !idle.isZero()
                ? Optional.of(now.plus(idle).minus(part(idle.dividedBy(10))))
                : Optional.empty();
        Optional<Instant> beforeTheGrantEnds = grantEnd.filter(end -> end.isAfter(now))
                .map(end -> now.plus(Duration.between(now, end).dividedBy(2)));
        return Stream.of(beforeItEnds, beforeItIsIdle, beforeTheGrantEnds)
                .flatMap(Optional::stream)
                .min(Instant::compareTo);
    }

    private static Optional<Instant> notAtOnce(Optional<Instant> due, Instant issuedAt) {
        Instant earliest = issuedAt.plus(LEAST_PAUSE);
        return due.map(at -> at.isBefore(earliest) ? earliest : at);
    }

    /** The buffer, but at most a quarter of the lifetime: a token of ten minutes must not be due all the time. */
    private static Duration lead(Auth auth, Credentials credentials, Instant now) {
        Duration buffer = auth.facts().expiry().buffer();
        return credentials
                .expiry()
                .map(end -> Duration.between(now, end).dividedBy(4))
                .filter(quarter -> quarter.compareTo(buffer) < 0)
                .map(quarter -> quarter.isNegative() ? Duration.ZERO : quarter)
                .orElse(buffer);
    }

    private Duration part(Duration most) {
        return Duration.ofMillis((long) (most.toMillis() * random.nextDouble()));
    }

    /** The end of the grant: as the vendor says or the definition assumes, or the token's own if nothing refreshes it. */
    private static Optional<Instant> grantEnd(Auth auth, Credentials credentials, Instant issuedAt) {
        return said(auth, credentials, issuedAt)
                .or(() -> assumed(auth, credentials, issuedAt))
                .or(() -> RefreshSchedule.canRefresh(auth, credentials) ? Optional.empty() : credentials.expiry());
    }

    private static Optional<Instant> said(Auth auth, Credentials credentials, Instant issuedAt) {
        Optional<Credentials.Raw> response = credentials.grantResponse();
        if (credentials.refreshToken().isEmpty() || response.isEmpty()) {
            return Optional.empty();
        }
        var shape = auth.facts().token();
        JsonNode raw = response.get().json();
        JsonNode root = shape.root().flatMap(path -> path.in(raw)).orElse(raw);
        return shape.lifetime().refreshExpiresIn().stream()
                .map((JsonPath path) -> path.textIn(root))
                .flatMap(Optional::stream)
                .filter(text -> text.matches("\\d{1,10}"))
                .map(Long::parseLong)
                // Keycloak sends 0 for offline tokens, which do not expire.
                .filter(amount -> amount > 0)
                .map(amount -> issuedAt.plus(shape.lifetime().unit().multipliedBy(amount)))
                .findFirst();
    }

    private static Optional<Instant> assumed(Auth auth, Credentials credentials, Instant issuedAt) {
        return credentials
                .refreshToken()
                .flatMap(token -> auth.facts().expiry().refreshTtl())
                .map(issuedAt::plus);
    }

    private static Instant warning(Instant end, Instant now) {
        Duration quarter = Duration.between(now, end).dividedBy(4);
        return end.minus(quarter.compareTo(WARNING) < 0 ? quarter : WARNING);
    }
}
