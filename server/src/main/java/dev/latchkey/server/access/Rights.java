package dev.latchkey.server.access;

import java.util.Collection;
import java.util.Set;

/** What a member or a key may do in one environment: the granted scopes, and what these allow. Immutable. */
public final class Rights {
    public static final Rights NONE = of(Set.of());

    private final Set<String> scopes;
    private final Set<String> opened;

    private Rights(Set<String> scopes) {
        this.scopes = scopes;
        this.opened = Set.copyOf(Scopes.opened(scopes));
    }

    public static Rights of(Collection<String> scopes) {
        return new Rights(Set.copyOf(scopes));
    }

    public Set<String> scopes() {
        return scopes;
    }

    public boolean open(String scope) {
        return opened.contains(scope);
    }

    /** Whether the given scopes open nothing beyond these rights. A group counts as what it opens. */
    public boolean cover(Collection<String> given) {
        return Scopes.opened(given).stream()
                .filter(scope -> !scope.endsWith(":*") || scope.equals(Scopes.ACCOUNT))
                .allMatch(opened::contains);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Rights rights && rights.scopes.equals(scopes);
    }

    @Override
    public int hashCode() {
        return scopes.hashCode();
    }

    @Override
    public String toString() {
        return scopes.toString();
    }
}
