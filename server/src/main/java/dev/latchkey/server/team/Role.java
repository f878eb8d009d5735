package dev.latchkey.server.team;

import dev.latchkey.server.access.Rights;
import dev.latchkey.server.access.Scopes;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** What a member may do in the environments that they see. */
public enum Role {
    /** Everything, in every environment; the team and the audit log too. */
    OWNER("Owner", Set.of(Permission.values())),
    /** Sets up and changes integrations, connections, webhooks and environments. */
    DEVELOPER("Developer", Set.of(Permission.VIEW, Permission.HELP, Permission.CHANGE)),
    /** Reads, refreshes, and sends reconnect links. */
    SUPPORT("Support", Set.of(Permission.VIEW, Permission.HELP));

    public enum Permission {
        VIEW,
        /** Refresh, create a reconnect link, replay a webhook: the help that a user needs. */
        HELP,
        CHANGE,
        /** Members, environments, the audit log. */
        ADMINISTER
    }

    private static final Set<String> HELPS = Set.of(
            "environment:connect_sessions:write", "environment:webhooks:test", "environment:webhook_deliveries:replay");

    private final String title;
    private final Set<Permission> permissions;

    Role(String title, Set<Permission> permissions) {
        this.title = title;
        this.permissions = permissions;
    }

    public String title() {
        return title;
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    public boolean may(Permission permission) {
        return permissions.contains(permission);
    }

    /**
     * What the role may do in an environment, as the scopes that a key would need. An owner has all rights.
     *
     * @param mayReveal whether the member may see credentials there
     */
    Rights rights(boolean mayReveal) {
        return switch (this) {
            case OWNER -> Rights.of(List.of(Scopes.EVERYTHING, Scopes.WRITE_KEYS, Scopes.ACCOUNT));
            case DEVELOPER ->
                mayReveal
                        ? Rights.of(List.of(Scopes.EVERYTHING, Scopes.WRITE_KEYS))
                        : Rights.of(
                                known().filter(scope -> !Scopes.reveals(scope)).toList());
            case SUPPORT ->
                Rights.of(known().filter(scope -> mayReveal || !Scopes.reveals(scope))
                        .filter(Role::isLookedAtOrHelped)
                        .toList());
        };
    }

    private static Stream<String> known() {
        return Scopes.KNOWN.values().stream().flatMap(List::stream);
    }

    private static boolean isLookedAtOrHelped(String scope) {
        return scope.matches(".*:(list|read)(_credentials)?") && !scope.contains(":api_keys:") || HELPS.contains(scope);
    }

    public static Optional<Role> of(String text) {
        for (Role role : values()) {
            if (role.text().equals(text)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
