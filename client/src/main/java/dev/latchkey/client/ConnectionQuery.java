package dev.latchkey.client;

import java.util.LinkedHashMap;
import java.util.Map;

/** Which connections to list; what is absent does not filter. Immutable. */
public final class ConnectionQuery {
    private static final ConnectionQuery ALL = new ConnectionQuery(Map.of());

    private final Map<String, String> parameters;

    private ConnectionQuery(Map<String, String> parameters) {
        this.parameters = parameters;
    }

    /**
     * Every connection of the environment.
     *
     * <pre>{@code
     * long everything = latchkey.connections().list(ConnectionQuery.all()).count();
     * }</pre>
     */
    public static ConnectionQuery all() {
        return ALL;
    }

    /**
     * Those of one integration, by its unique key.
     *
     * <pre>{@code
     * ConnectionQuery github = ConnectionQuery.all().withIntegration("github");
     * }</pre>
     */
    public ConnectionQuery withIntegration(String key) {
        return with("integrationId", key);
    }

    /**
     * Those of this id, one for each integration at most.
     *
     * <pre>{@code
     * ConnectionQuery one = ConnectionQuery.all().withConnectionId("user-42");
     * }</pre>
     */
    public ConnectionQuery withConnectionId(String id) {
        return with("connectionId", id);
    }

    /**
     * Those of one of your users.
     *
     * <pre>{@code
     * ConnectionQuery hers = ConnectionQuery.all().withEndUser("user-42");
     * }</pre>
     */
    public ConnectionQuery withEndUser(String id) {
        return with("endUserId", id);
    }

    /**
     * Those of one of your customers.
     *
     * <pre>{@code
     * ConnectionQuery theirs = ConnectionQuery.all().withOrganization("acme");
     * }</pre>
     */
    public ConnectionQuery withOrganization(String id) {
        return with("endUserOrganizationId", id);
    }

    /**
     * Those with a word that begins so: in the connection's id, its user's name or address, its tags.
     *
     * <pre>{@code
     * ConnectionQuery found = ConnectionQuery.all().withSearch("ada");
     * }</pre>
     */
    public ConnectionQuery withSearch(String text) {
        return with("search", text);
    }

    /**
     * Those that carry this tag, beside the tags asked for before.
     *
     * <pre>{@code
     * ConnectionQuery blue = ConnectionQuery.all().withTag("team", "blue");
     * }</pre>
     */
    public ConnectionQuery withTag(String name, String value) {
        return with("tags[" + name + "]", value);
    }

    /**
     * Those that are paused, or the others.
     *
     * <pre>{@code
     * ConnectionQuery paused = ConnectionQuery.all().withPaused(true);
     * }</pre>
     */
    public ConnectionQuery withPaused(boolean paused) {
        return with("paused", Boolean.toString(paused));
    }

    private ConnectionQuery with(String name, String value) {
        Map<String, String> more = new LinkedHashMap<>(parameters);
        more.put(name, value);
        return new ConnectionQuery(more);
    }

    Map<String, String> parameters() {
        return parameters;
    }
}
