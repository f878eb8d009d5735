package dev.latchkey.client;

import java.util.Map;
import java.util.Optional;

/** Your user who connects an account. @param id your id of the user, 1 to 255 characters */
public record EndUser(
        String id,
        Optional<String> email,
        Optional<String> displayName,
        Map<String, String> tags,
        Optional<String> organizationId) {

    /**
     * By your id of the user.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42");
     * }</pre>
     */
    public static EndUser of(String id) {
        return new EndUser(id, Optional.empty(), Optional.empty(), Map.of(), Optional.empty());
    }

    /**
     * With an address, which the dashboard shows and searches.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withEmail("ada@example.com");
     * }</pre>
     */
    public EndUser withEmail(String address) {
        return new EndUser(id, Optional.of(address), displayName, tags, organizationId);
    }

    /**
     * With a name, which the dashboard shows and searches.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withDisplayName("Ada Lovelace");
     * }</pre>
     */
    public EndUser withDisplayName(String name) {
        return new EndUser(id, email, Optional.of(name), tags, organizationId);
    }

    /**
     * As a member of one of your customers.
     *
     * <pre>{@code
     * EndUser ada = EndUser.of("user-42").withOrganization("acme");
     * }</pre>
     */
    public EndUser withOrganization(String organization) {
        return new EndUser(id, email, displayName, tags, Optional.of(organization));
    }
}
