package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a product, or a member, asks a connect session for.
 *
 * @param tags of the connections that come of it, including those of the end user
 * @param allowedIntegrations empty: all of the environment
 * @param help pages of the product's own that explain what to enter, by integration
 * @param challenge what the product's backend must show the verifier of before there is a connection ({@link PendingConnections})
 * @param returnUrl where the browser goes when all is done: one of the product's own pages
 */
public record SessionRequest(
        Optional<Connection.EndUser> endUser,
        Map<String, String> tags,
        List<String> allowedIntegrations,
        Presets presets,
        Map<String, String> help,
        Optional<String> webhookUrlOverride,
        Optional<String> challenge,
        Optional<Integer> maxConnections,
        Optional<String> returnUrl,
        Target target) {

    /**
     * Which connection it makes or authorizes again.
     *
     * @param name what the product wants a new one to be called
     * @param sameAccount whether one that is authorized again must stay the vendor's account that it is
     */
    public record Target(Optional<String> name, boolean sameAccount) {
        public static final Target ANY = new Target(Optional.empty(), false);
    }

    public SessionRequest {
        tags = Map.copyOf(tags);
        allowedIntegrations = List.copyOf(allowedIntegrations);
        help = Map.copyOf(help);
    }

    /** For an end user, with nothing but defaults. */
    public static SessionRequest of(Connection.EndUser user, List<String> allowedIntegrations) {
        return plain(Optional.of(user), allowedIntegrations);
    }

    /** To authorize a connection again; whose it is stays. */
    public static SessionRequest again(Connection connection) {
        return plain(Optional.empty(), List.of(connection.integrationKey()));
    }

    private static SessionRequest plain(Optional<Connection.EndUser> user, List<String> allowedIntegrations) {
        return new SessionRequest(
                user,
                tags(user, Map.of()),
                allowedIntegrations,
                Presets.NONE,
                Map.of(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Target.ANY);
    }

    /** The user's id, address and name are tags as well, so that lists find them; tags given by the product win. */
    public static Map<String, String> tags(Optional<Connection.EndUser> endUser, Map<String, String> given) {
        Map<String, String> tags = new LinkedHashMap<>();
        endUser.ifPresent(user -> tags.putAll(user.asTags()));
        tags.putAll(given);
        return tags;
    }

    /** Presets may be secrets. */
    @Override
    public String toString() {
        return "SessionRequest" + allowedIntegrations;
    }
}
