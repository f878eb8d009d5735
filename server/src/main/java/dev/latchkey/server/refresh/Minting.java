package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.kinds.Makers;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.InstantSource;
import java.util.Optional;

/** Credentials that need no user: obtained from the values of a connection or its integration, the first time and each time after. */
public final class Minting {
    private final Makers makers;
    private final InstantSource clock;

    public Minting(Makers makers, InstantSource clock) {
        this.makers = makers;
        this.clock = clock;
    }

    public TokenAnswer mint(Auth auth, ValuesOf values) {
        return Kinds.of(auth).mint(makers, values);
    }

    /**
     * Why a credential of this kind must not be obtained although the vendor issues it: it would be issued for anyone.
     *
     * @param values that it was obtained with
     */
    public Optional<TokenAnswer> forAnybody(Auth auth, ValuesOf values) {
        return Kinds.of(auth).forAnybody(makers, values);
    }

    /** What was minted, in place of what was held. */
    public Credentials minted(Auth auth, Credentials current, TokenAnswer.Granted granted) {
        return Kinds.of(auth).made(current, granted, clock.instant());
    }
}
