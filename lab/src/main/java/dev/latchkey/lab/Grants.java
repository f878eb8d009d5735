package dev.latchkey.lab;

import dev.latchkey.lab.LabTokens.Binding;
import dev.latchkey.lab.LabTokens.Claims;
import dev.latchkey.lab.LabTokens.Consent;
import dev.latchkey.lab.LabTokens.Kind;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * What one provider has granted. Tokens are self-contained ({@link LabTokens}); only their state is kept here, in memory and bounded:
 * used, rotated, revoked, expired on demand. Thread-safe: every method holds the object's lock, since a code or a refresh token must
 * be used once also when two requests bring it at once.
 */
final class Grants {
    static final Duration ACCESS_LIFETIME = Duration.ofHours(1);

    private static final int LIMIT = 50_000;
    private static final Duration CODE_LIFETIME = Duration.ofSeconds(60);
    private static final Duration REQUEST_LIFETIME = Duration.ofMinutes(10);
    private static final Duration REFRESH_LIFETIME = Duration.ofDays(180);

    record Issued(Consent consent, String accessToken, Optional<String> refreshToken, Instant expiresAt) {}

    /** The outcome of a request for tokens. */
    sealed interface Outcome {
        record Granted(Issued issued) implements Outcome {}

        record Refused(String why) implements Outcome {}
    }

    private final LabTokens tokens;
    private final InstantSource clock;
    private final SecureRandom random;
    private final boolean rotates;
    /** From a code to the family that it started. */
    private final Map<String, String> usedCodes = bounded();

    /** From a refresh token to when it was rotated. */
    private final Map<String, Instant> rotatedRefreshTokens = bounded();

    private final Map<String, Boolean> revokedFamilies = bounded();
    private final Map<String, Long> revokedUsers = new HashMap<>();
    private Duration reuseGrace = Duration.ZERO;
    private long expiredUntil;
    private long lastIssued;

    /** @param rotates each refresh brings a new refresh token and ends the old one */
    Grants(LabTokens tokens, InstantSource clock, SecureRandom random, boolean rotates) {
        this.tokens = tokens;
        this.clock = clock;
        this.random = random;
        this.rotates = rotates;
    }

    private static <V> Map<String, V> bounded() {
        return new LinkedHashMap<>() {
            @Override
            protected boolean removeEldestEntry(Map.Entry<String, V> eldest) {
                return size() > LIMIT;
            }
        };
    }

    synchronized String code(TestUser user, Map<String, String> scopes, String host, Binding binding) {
        return write(Kind.CODE, new Consent(id(), user, scopes, host), CODE_LIFETIME, Optional.of(binding));
    }

    /** RFC 5849 section 2.1; no user has consented yet. */
    synchronized String requestToken(String host, String callback) {
        Consent none = new Consent(id(), TestUser.first(), Map.of(), host);
        return write(Kind.REQUEST, none, REQUEST_LIFETIME, Optional.of(new Binding(callback, Optional.empty())));
    }

    /** The callback of a valid request token. */
    synchronized Optional<String> callback(String requestToken) {
        return tokens.read(Kind.REQUEST, requestToken)
                .filter(this::unexpired)
                .flatMap(Claims::binding)
                .map(Binding::redirectUri);
    }

    /** @param problem what is wrong with the exchange of a valid code; the code is then used up as well */
    synchronized Outcome exchange(
            String code, boolean withRefresh, BiFunction<Consent, Binding, Optional<String>> problem) {
        Optional<Claims> claims = tokens.read(Kind.CODE, code).filter(this::unexpired);
        Optional<Binding> binding = claims.flatMap(Claims::binding);
        if (claims.isEmpty() || binding.isEmpty()) {
            return new Outcome.Refused("the code is unknown, or older than a minute");
        }
        Consent consent = claims.get().consent();
        if (usedCodes.putIfAbsent(claims.get().id(), consent.family()) != null) {
            // RFC 6749 section 4.1.2: the tokens issued for a replayed code are revoked.
            revokedFamilies.put(consent.family(), true);
            return new Outcome.Refused("the code was used before; the tokens that it brought are revoked");
        }
        return problem.apply(consent, binding.get())
                .<Outcome>map(Outcome.Refused::new)
                .orElseGet(() -> issue(consent, withRefresh));
    }

    /** Tokens without a code: a client acting for itself. */
    synchronized Outcome mint(TestUser user, String scope, String host) {
        return mint(user, scope, host, false);
    }

    synchronized Outcome mint(TestUser user, String scope, String host, boolean withRefresh) {
        return issue(new Consent(id(), user, Map.of("", scope), host), withRefresh);
    }

    /** A second token of the same consent, with a family of its own below the first. */
    synchronized Issued further(Consent consent, String group, boolean withRefresh) {
        Map<String, String> scopes = Map.of("", consent.scopes().getOrDefault(group, ""));
        return tokens(new Consent(consent.family() + "." + group, consent.user(), scopes, consent.host()), withRefresh);
    }

    synchronized Outcome refresh(String token) {
        Optional<Claims> claims = tokens.read(Kind.REFRESH, token).filter(this::unexpired);
        if (claims.isEmpty() || revoked(claims.get())) {
            return new Outcome.Refused("the refresh token is unknown, expired or revoked");
        }
        Consent consent = claims.get().consent();
        Instant rotatedAt = rotatedRefreshTokens.get(claims.get().id());
        if (rotatedAt != null && !clock.instant().isBefore(rotatedAt.plus(reuseGrace))) {
            // RFC 9700 section 4.14.2: it is unknown which of its two holders is the thief.
            revokedFamilies.put(consent.family(), true);
            return new Outcome.Refused("the refresh token was rotated before; all tokens of its family are revoked");
        }
        if (rotates) {
            rotatedRefreshTokens.putIfAbsent(claims.get().id(), clock.instant());
        }
        return issue(consent, rotates);
    }

    /**
     * Vendors that allow for lost responses accept a rotated refresh token for a while longer, each time with new tokens.
     *
     * @param grace zero: an old refresh token never works again, and ends its family
     */
    synchronized void allowReuseFor(Duration grace) {
        reuseGrace = grace;
    }

    /** Exchanges a live access token for a longer-lived one; the first stays valid. */
    synchronized Outcome swap(String accessToken) {
        return swap(accessToken, false);
    }

    /** @param withRefresh whether the new one can be refreshed, as where a vendor ends those that cannot */
    synchronized Outcome swap(String accessToken, boolean withRefresh) {
        return live(accessToken)
                .map(claims -> issue(claims.consent(), withRefresh))
                .orElseGet(() -> new Outcome.Refused("the access token is unknown, expired or revoked"));
    }

    private Outcome issue(Consent consent, boolean withRefresh) {
        return new Outcome.Granted(tokens(consent, withRefresh));
    }

    private Issued tokens(Consent consent, boolean withRefresh) {
        Instant expiresAt = clock.instant().plus(ACCESS_LIFETIME);
        String access = write(Kind.ACCESS, consent, ACCESS_LIFETIME, Optional.empty());
        Optional<String> refresh = withRefresh
                ? Optional.of(write(Kind.REFRESH, consent, REFRESH_LIFETIME, Optional.empty()))
                : Optional.empty();
        return new Issued(consent, access, refresh, expiresAt);
    }

    private String write(Kind kind, Consent consent, Duration lifetime, Optional<Binding> binding) {
        lastIssued = Math.max(now(), lastIssued + 1);
        long expiresAt = lastIssued + lifetime.toSeconds() * 1_000_000;
        return tokens.write(kind, new Claims(id(), consent, lastIssued, expiresAt, binding));
    }

    /** What a valid access token grants. */
    synchronized Optional<Claims> live(String accessToken) {
        return tokens.read(Kind.ACCESS, accessToken)
                .filter(this::unexpired)
                .filter(claims -> claims.issuedAt() > expiredUntil && !revoked(claims));
    }

    private boolean unexpired(Claims claims) {
        return claims.expiresAt() > now();
    }

    private boolean revoked(Claims claims) {
        String family = claims.consent().family();
        int dot = family.indexOf('.');
        return revokedFamilies.containsKey(family)
                || (dot >= 0 && revokedFamilies.containsKey(family.substring(0, dot)))
                || claims.issuedAt()
                        <= revokedUsers.getOrDefault(claims.consent().user().key(), 0L);
    }

    /** Ends all tokens of the family that a token of either kind belongs to. */
    synchronized void revoke(String token) {
        tokens.read(Kind.ACCESS, token)
                .or(() -> tokens.read(Kind.REFRESH, token))
                .ifPresent(claims -> revokedFamilies.put(claims.consent().family(), true));
    }

    /** As if the user had removed the app at the vendor: ends every token issued to it so far. */
    synchronized void revoke(TestUser user) {
        revokedUsers.put(user.key(), Math.max(now(), lastIssued));
    }

    /** Ends every access token issued so far; refresh tokens stay valid. */
    synchronized void expire() {
        expiredUntil = Math.max(now(), lastIssued);
    }

    private long now() {
        return ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant());
    }

    private String id() {
        byte[] bytes = new byte[12];
        random.nextBytes(bytes);
        return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    }
}
