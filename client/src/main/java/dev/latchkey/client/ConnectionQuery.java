package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Which connections to list; what is absent does not filter. @param tags each must be present with this value */
public record ConnectionQuery(
        Optional<String> integration,
        Optional<String> connectionId,
        Optional<String> endUserId,
        Optional<String> organizationId,
        Optional<String> search,
        Map<String, String> tags) {

    /**
     * Every connection of the environment.
     *
     * <pre>{@code
     * long everything = latchkey.connections().list(ConnectionQuery.all()).count();
     * }</pre>
     */
    public static ConnectionQuery all() {
        return new ConnectionQuery(
                Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Optional.empty(), Map.of());
    }

    /**
     * Those of one integration, by its unique key.
     *
     * <pre>{@code
     * ConnectionQuery github = ConnectionQuery.all().withIntegration("github");
     * }</pre>
     */
    public ConnectionQuery withIntegration(String key) {
        return new ConnectionQuery(Optional.of(key), connectionId, endUserId, organizationId, search, tags);
    }

    /**
     * Those of this id, one for each integration at most.
     *
     * <pre>{@code
     * ConnectionQuery one = ConnectionQuery.all().withConnectionId("user-42");
     * }</pre>
     */
    public ConnectionQuery withConnectionId(String id) {
        return new ConnectionQuery(integration, Optional.of(id), endUserId, organizationId, search, tags);
    }

    /**
     * Those of one of your users.
     *
     * <pre>{@code
     * ConnectionQuery hers = ConnectionQuery.all().withEndUser("user-42");
     * }</pre>
     */
    public ConnectionQuery withEndUser(String id) {
        return new ConnectionQuery(integration, connectionId, Optional.of(id), organizationId, search, tags);
    }

    /**
     * Those of one of your customers.
     *
     * <pre>{@code
     * ConnectionQuery theirs = ConnectionQuery.all().withOrganization("acme");
     * }</pre>
     */
    public ConnectionQuery withOrganization(String id) {
        return new ConnectionQuery(integration, connectionId, endUserId, Optional.of(id), search, tags);
    }

    /**
     * Those with a word that begins so: in the connection's id, its user's name or address, its tags.
     *
     * <pre>{@code
     * ConnectionQuery found = ConnectionQuery.all().withSearch("ada");
     * }</pre>
     */
    public ConnectionQuery withSearch(String text) {
        return new ConnectionQuery(integration, connectionId, endUserId, organizationId, Optional.of(text), tags);
    }

    /**
     * Those that carry this tag, beside the tags asked for before.
     *
     * <pre>{@code
     * ConnectionQuery blue = ConnectionQuery.all().withTag("team", "blue");
     * }</pre>
     */
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
