package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.kinds.Kinds;

/** Whether a credential can be renewed. {@link Timetable} makes times of it. */
public final class RefreshSchedule {
    private RefreshSchedule() {}

    /** Whether it can be refreshed without its user, and without being forced. */
    public static boolean canRefresh(Auth auth, Credentials credentials) {
        return Kinds.of(auth).canRefresh(credentials);
    }

    /** Including credentials that are refreshed only when forced. */
    public static boolean canBeForced(Auth auth, Credentials credentials) {
        return auth.facts().renewal() == AuthFacts.Renewal.FORCED
                || isObsolete(auth, credentials)
                || canRefresh(auth, credentials);
    }

    /** A stored token of an obsolete kind: it has no refresh token, and can be exchanged for one that has. */
    public static boolean isObsolete(Auth auth, Credentials credentials) {
        return Kinds.of(auth).isObsolete(credentials);
    }
}
