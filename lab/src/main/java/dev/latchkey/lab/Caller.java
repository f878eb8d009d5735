package dev.latchkey.lab;

import java.util.Optional;

/** Who calls the API. */
record Caller(TestUser user, String scope) {
    static Caller of(LabTokens.Claims claims) {
        return new Caller(claims.consent().user(), claims.consent().scope());
    }

    /** The owner of the account whose credentials are typed in. */
    static Optional<Caller> first(boolean proven) {
        return proven ? Optional.of(new Caller(TestUser.first(), "")) : Optional.empty();
    }
}
