package dev.latchkey.server.kinds;

import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.json.InputObject;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What the server does for one kind of authentication: one class each, reached from its variant by {@link Kinds#of}. What only follows
 * from the definition is in {@link AuthFacts}.
 */
public interface Kind {
    AuthFacts facts();

    /** What its connections hold. */
    Class<? extends Credentials> held();

    /** The types of credentials that an import may bring: the kind's own, and those under which Nango keeps the same. */
    default Set<String> importedTypes() {
        return Set.of(facts().mode());
    }

    /** The flows by which a user types a credential in, without the integration's key; Connect UI takes the first. */
    default List<String> paths() {
        return List.of();
    }

    /** What the kind itself asks of a user, beside the definition's fields. */
    default List<Asked> asked() {
        return List.of();
    }

    /** The names of what the kind asks, which requests have whether or not the definition uses them. */
    default Set<String> standardNames() {
        return asked().stream().map(Asked::id).collect(Collectors.toUnmodifiableSet());
    }

    /** What a user typed. Only for kinds that have {@link #paths}. */
    default Credentials entered(InputObject typed) {
        return unminted().orElseThrow();
    }

    /** Secrets that may be typed beside {@link #asked} and are kept with the connection's fields. */
    default List<String> furtherSecrets() {
        return List.of();
    }

    /** What a connection holds before its first token is made from its fields; due at once. Empty for kinds whose are not. */
    default Optional<Credentials> unminted() {
        return Optional.empty();
    }

    /** The code of an error when the vendor refuses to make the first credential, as Nango names it. */
    default String refusalCode() {
        return "connection_test_failed";
    }

    /** Makes a credential that needs no user, the first time and each time after. */
    default TokenAnswer mint(Makers makers, ValuesOf values) {
        return new TokenAnswer.Misconfigured("not_refreshable", "credentials of this kind are not renewed");
    }

    /**
     * Requests the successor of a credential that is held: by the refresh token grant (RFC 6749 section 6), or by the first request again.
     *
     * @param progress receives what must be kept before further calls
     */
    default TokenAnswer renew(Makers makers, Credentials current, ValuesOf values, Progress progress) {
        return mint(makers, values);
    }

    /** How the vendor is asked to end what a deleted connection held, where no call of the definition does. */
    default Optional<Revocation> revocation(Credentials deleted) {
        return Optional.empty();
    }

    /** Asks a vendor to end a credential. */
    interface Revocation {
        /**
         * @return empty: there is nothing to ask it with
         * @throws dev.latchkey.server.mcp.McpException if that cannot be found out
         */
        Optional<Egress.Response> send(Makers makers, ValuesOf values);
    }

    /** Why a credential must not be made although the vendor makes it: it would be made for anybody. */
    default Optional<TokenAnswer> forAnybody(Makers makers, ValuesOf values) {
        return Optional.empty();
    }

    /** What was just made, in place of what was held. */
    default Credentials made(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return current;
    }

    /** What was renewed, in place of what was held. */
    default Credentials renewed(Credentials current, TokenAnswer.Granted granted, Instant now) {
        return made(current, granted, now);
    }

    /** Which scopes a credential that was just made has. */
    default GrantedScopes scopes(Credentials credentials, ValuesOf values) {
        return GrantedScopes.UNKNOWN;
    }

    /** Whether a credential can be renewed without its user, and without being forced. */
    default boolean canRefresh(Credentials credentials) {
        return switch (facts().renewal()) {
            case NEVER, FORCED -> false;
            case ALWAYS -> true;
            case WITH_REFRESH_TOKEN ->
                held().isInstance(credentials) && credentials.refreshToken().isPresent();
            case MADE_AGAIN -> held().isInstance(credentials);
        };
    }

    /** A stored token of the kind that its vendor ends: it has no refresh token, and can be exchanged for one that has. */
    default boolean isObsolete(Credentials credentials) {
        return false;
    }

    /** @param title before it is translated */
    record Asked(String id, String title, boolean secret, boolean required) {}
}
