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

    public static EndUser of(String id) {
        return new EndUser(id, Optional.empty(), Optional.empty(), Map.of(), Optional.empty());
    }

    public EndUser withEmail(String address) {
        return new EndUser(id, Optional.of(address), displayName, tags, organizationId);
    }

    public EndUser withDisplayName(String name) {
        return new EndUser(id, email, Optional.of(name), tags, organizationId);
    }

    public EndUser withOrganization(String organization) {
        return new EndUser(id, email, displayName, tags, Optional.of(organization));
    }
}
