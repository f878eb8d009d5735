package dev.latchkey.server.access;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Who acts. An operation of the domain takes one, asks it for the right, and gives its name to the audit log. Rights are the scopes
 * that keys have: a member has those of their role, so that one rule holds for both.
 */
public sealed interface Actor {
    /** As the audit log names them. */
    String name();

    /** Whether they may do what the scope names, in this environment. */
    boolean may(UUID environment, String scope);

    /** Whether these scopes open nothing that the actor lacks: only what one has can be given to another, changed or taken away. */
    boolean holds(UUID environment, Collection<String> scopes);

    /** @throws ForbiddenException when they may not */
    default void require(UUID environment, String scope) {
        if (!may(environment, scope)) {
            throw new ForbiddenException(lacks(scope));
        }
    }

    /** Whether they act for the whole installation: its environments, members and audit log. */
    boolean ofAccount();

    /** @throws ForbiddenException when they do not act for the whole installation */
    default void requireAccount() {
        if (!ofAccount()) {
            throw new ForbiddenException(lacks(Scopes.ACCOUNT));
        }
    }

    /**
     * @param what is given, changed or taken away, such as {@code "this key"}
     * @throws ForbiddenException when the scopes open more than the actor has
     */
    default void requireHeld(UUID environment, Collection<String> scopes, String what) {
        if (!holds(environment, scopes)) {
            String more = scopes.stream()
                    .filter(scope -> !holds(environment, List.of(scope)))
                    .sorted()
                    .collect(Collectors.joining(", "));
            throw new ForbiddenException(what + " would grant more than you have yourself (" + more + "). "
                    + "Give only scopes that you have, or ask an owner.");
        }
    }

    /** Until when and from where they may act. Members sign in from anywhere, and stay. */
    default Bounds bounds() {
        return Bounds.NONE;
    }

    /** @throws ForbiddenException when what they hand out would last longer, or be usable from elsewhere, than they may act */
    default void requireWithin(Bounds wanted) {
        bounds().require(wanted);
    }

    /**
     * For what has no bounds, such as a member.
     *
     * @throws ForbiddenException when they have some
     */
    default void requireUnbounded(String what) {
        if (!bounds().areNone()) {
            throw new ForbiddenException(
                    what + " would keep access after the calling key expires, or from addresses that it"
                            + " may not be used from. Use a key without expires_at and allowed_addresses, or ask an owner.");
        }
    }

    /** In words for them: that the right is missing. */
    String lacks(String scope);

    /**
     * A program with an API key.
     *
     * @param label what the key is called
     * @param environment that the key belongs to
     * @param address of the caller
     */
    record Key(
            UUID id,
            String label,
            UUID environment,
            String environmentName,
            Rights rights,
            Bounds bounds,
            Optional<String> address)
            implements Actor {
        @Override
        public String name() {
            return "API key \"" + label + "\" of " + environmentName;
        }

        @Override
        public boolean may(UUID wanted, String scope) {
            return (environment.equals(wanted) || ofAccount()) && rights.open(scope);
        }

        @Override
        public boolean holds(UUID wanted, Collection<String> given) {
            return ofAccount() || environment.equals(wanted) && rights.cover(given);
        }

        @Override
        public String lacks(String scope) {
            return "This key lacks the scope " + scope + ".";
        }

        @Override
        public boolean ofAccount() {
            return rights.open(Scopes.ACCOUNT);
        }
    }

    /**
     * A member who has signed in.
     *
     * @param owner has every right everywhere
     * @param rights what the others may, by environment; those that are absent they do not see
     */
    record Person(UUID id, String email, boolean owner, Map<UUID, Rights> rights) implements Actor {
        public Person {
            rights = Map.copyOf(rights);
        }

        @Override
        public String name() {
            return email;
        }

        @Override
        public boolean may(UUID environment, String scope) {
            return owner || in(environment).open(scope);
        }

        @Override
        public boolean holds(UUID environment, Collection<String> given) {
            return owner || in(environment).cover(given);
        }

        @Override
        public String lacks(String scope) {
            return Scopes.reveals(scope)
                    ? "You may not see credentials in this environment. An owner can allow it."
                    : "Your role may not do this. Ask an owner.";
        }

        @Override
        public boolean ofAccount() {
            return owner;
        }

        private Rights in(UUID environment) {
            return rights.getOrDefault(environment, Rights.NONE);
        }
    }

    /** The user of a product, in a connect session. May connect what the session allows, and nothing else. */
    record EndUser(UUID environment, Optional<String> id) implements Actor {
        @Override
        public String name() {
            return id.map(it -> "end user " + it).orElse("an end user");
        }

        @Override
        public boolean may(UUID wanted, String scope) {
            return false;
        }

        @Override
        public boolean holds(UUID wanted, Collection<String> given) {
            return given.isEmpty();
        }

        @Override
        public boolean ofAccount() {
            return false;
        }

        @Override
        public String lacks(String scope) {
            return "A connect session may not do this.";
        }
    }

    /** Latchkey itself: at startup, by its settings, or on a schedule. @param part that acts, such as {@code settings} */
    record System(String part) implements Actor {
        @Override
        public String name() {
            return "Latchkey (" + part + ")";
        }

        @Override
        public boolean may(UUID environment, String scope) {
            return true;
        }

        @Override
        public boolean holds(UUID environment, Collection<String> given) {
            return true;
        }

        @Override
        public boolean ofAccount() {
            return true;
        }

        @Override
        public String lacks(String scope) {
            throw new IllegalStateException("Latchkey itself lacks no right");
        }
    }
}
