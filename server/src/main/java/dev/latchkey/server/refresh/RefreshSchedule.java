package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.kinds.Kinds;

/** Whether a credential can be renewed. {@link Timetable} makes times of it. */
public final class RefreshSchedule {
    private RefreshSchedule() {}

    /** Whether it can be renewed without its user, and without being forced. */
    public static boolean canRefresh(Auth auth, Credentials credentials) {
        return Kinds.of(auth).canRefresh(credentials);
    }

    /** Also what is renewed only when forced. */
    public static boolean canBeForced(Auth auth, Credentials credentials) {
        return auth.facts().renewal() == AuthFacts.Renewal.FORCED
                || isObsolete(auth, credentials)
                || canRefresh(auth, credentials);
    }

    /** A stored token of the kind that its vendor ends: it has no refresh token, and can be exchanged for one that has. */
    public static boolean isObsolete(Auth auth, Credentials credentials) {
        return Kinds.of(auth).isObsolete(credentials);
    }
}
