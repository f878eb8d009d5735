package dev.latchkey.server.connect;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;
import tools.jackson.databind.node.ObjectNode;

/**
 * A user on the way to a provider and back: what must be remembered from the authorization request to its response (RFC 6749
 * section 4.1). Stored encrypted, for ten minutes, and taken once.
 *
 * @param config, secrets what the user typed or the product preset
 * @param wantedName the connection id that the product wants for a new connection
 * @param choice what the user has to choose, after the provider has granted access
 */
public record AuthorizationFlow(
        UUID environment,
        UUID integration,
        Sent sent,
        ObjectNode config,
        Map<String, Secret> secrets,
        ConnectionClient client,
        Requester requester,
        Optional<String> wantedName,
        ReplyTo replyTo,
        Optional<AccountChoice> choice) {

    /**
     * What must be known of the authorization request when its response comes.
     *
     * @param redirectUri as it was sent: the token request must repeat it
     * @param verifier PKCE's code verifier (RFC 7636), present exactly when a challenge was sent
     * @param requestToken the secret of an OAuth 1.0a request token, by its token; or a device code (RFC 8628)
     * @param scopes that were requested
     */
    public record Sent(URI redirectUri, Optional<String> verifier, Optional<Secret> requestToken, List<String> scopes) {
        static Sent to(URI redirectUri) {
            return new Sent(redirectUri, Optional.empty(), Optional.empty(), List.of());
        }
    }

    /** @param secrets what was typed, and what was generated for this flow */
    static AuthorizationFlow begun(Integration integration, FlowStart start, Map<String, Secret> secrets, Sent sent) {
        return new AuthorizationFlow(
                integration.environment(),
                integration.id(),
                sent,
                start.config(),
                secrets,
                start.client(),
                start.requester(),
                start.wantedName(),
                start.replyTo(),
                Optional.empty());
    }

    /** The same, waiting for the user to choose. What was needed to redeem the callback is spent. */
    AuthorizationFlow asking(AccountChoice asked) {
        return new AuthorizationFlow(
                environment,
                integration,
                Sent.to(sent.redirectUri()),
                config,
                Map.of(),
                client,
                requester,
                wantedName,
                replyTo,
                Optional.of(asked));
    }

    /** For an installation at the provider: there is no OAuth client whose response it must match. */
    static AuthorizationFlow toInstall(Integration integration, URI redirectUri, FlowStart start) {
        FlowStart withoutClient = start.as(start.config(), ConnectionClient.NONE);
        return begun(integration, withoutClient, start.secrets(), Sent.to(redirectUri));
    }

    /** The values that must not appear in messages about it. */
    public List<Secret> inFlight() {
        return Stream.of(
                        secrets.values().stream(),
                        choice.stream().flatMap(it -> it.grant().secrets().values().stream()),
                        sent.requestToken().stream(),
                        client.secret().stream(),
                        sent.verifier().map(Secret::new).stream())
                .flatMap(all -> all)
                .toList();
    }

    /**
     * Whom the connection will belong to; the session itself may be over when the user returns.
     *
     * @param session records how the flow ended; absent where a webhook finishes what a session began
     * @param sameAccount whether a connection that is authorized again must stay the vendor's account that it is
     * @param challenge what the connection waits for ({@link PendingConnections})
     */
    public record Requester(
            Optional<UUID> session,
            Optional<Connection.EndUser> endUser,
            Map<String, String> tags,
            Optional<UUID> reconnect,
            Optional<String> webhookUrlOverride,
            Optional<String> challenge,
            boolean sameAccount) {
        public static Requester of(ConnectSession session) {
            return new Requester(
                    Optional.of(session.id()),
                    session.endUser(),
                    session.tags(),
                    session.reconnect(),
                    session.request().webhookUrlOverride(),
                    session.challenge(),
                    session.request().target().sameAccount());
        }
    }
}
