package dev.latchkey.server.team;

import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** What a member may do in the environments that they see. */
public enum Role {
    /** Everything, in every environment; the team and the audit log too. */
    OWNER("Owner", Set.of(Permission.values())),
    /** Sets up and changes integrations, connections, webhooks and environments. */
    DEVELOPER("Developer", Set.of(Permission.VIEW, Permission.HELP, Permission.CHANGE)),
    /** Looks things up, refreshes, and sends reconnect links. */
    SUPPORT("Support", Set.of(Permission.VIEW, Permission.HELP));

    public enum Permission {
        VIEW,
        /** Refresh, make a reconnect link, replay a webhook: what a user who calls needs. */
        HELP,
        CHANGE,
        /** Members, environments, the audit log. */
        ADMINISTER
    }

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

    public static Optional<Role> of(String text) {
        for (Role role : values()) {
            if (role.text().equals(text)) {
                return Optional.of(role);
            }
        }
        return Optional.empty();
    }
}
