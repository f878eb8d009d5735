package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Which connections to list; what is absent does not filter. @param tags each must be there with this value */
public record ConnectionQuery(
        Optional<String> integration,
        Optional<String> connectionId,
        Optional<String> endUserId,
        Optional<String> organizationId,
        Optional<String> search,
        Map<String, String> tags) {

    public static ConnectionQuery all() {
        return new ConnectionQuery(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
    }

    public ConnectionQuery withIntegration(String key) {
        return new ConnectionQuery(Optional.of(key), connectionId, endUserId, organizationId, search, tags);
    }

    public ConnectionQuery withConnectionId(String id) {
        return new ConnectionQuery(integration, Optional.of(id), endUserId, organizationId, search, tags);
    }

    public ConnectionQuery withEndUser(String id) {
        return new ConnectionQuery(integration, connectionId, Optional.of(id), organizationId, search, tags);
    }

    public ConnectionQuery withOrganization(String id) {
        return new ConnectionQuery(integration, connectionId, endUserId, Optional.of(id), search, tags);
    }

    /** Part of a connection's id, or of its user's name or address. */
    public ConnectionQuery withSearch(String text) {
        return new ConnectionQuery(integration, connectionId, endUserId, organizationId, Optional.of(text), tags);
    }

    public ConnectionQuery withTag(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(tags);
        more.put(name, value);
        return new ConnectionQuery(integration, connectionId, endUserId, organizationId, search, Map.copyOf(more));
    }

    Map<String, String> parameters() {
        Map<String, String> found = new LinkedHashMap<>();
        integration.ifPresent(value -> found.put("integrationId", value));
        connectionId.ifPresent(value -> found.put("connectionId", value));
        endUserId.ifPresent(value -> found.put("endUserId", value));
        organizationId.ifPresent(value -> found.put("endUserOrganizationId", value));
        search.ifPresent(value -> found.put("search", value));
        tags.forEach((name, value) -> found.put("tags[" + name + "]", value));
        return found;
    }
}
