package dev.latchkey.server.connect;

import dev.latchkey.catalogue.Auth;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connect.AuthorizationFlow.Requester;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.oauth.TokenAnswer;
import dev.latchkey.server.oauth.ValuesOf;
import dev.latchkey.server.refresh.Renewal;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Flows without a browser's detour: what the user typed is proven and kept. Thread-safe. */
public final class DirectFlow {
    private final Prober prober;
    private final Renewal renewal;
    private final NewConnections newConnections;

    public DirectFlow(Prober prober, Renewal renewal, NewConnections newConnections) {
        this.prober = prober;
        this.renewal = renewal;
        this.newConnections = newConnections;
    }

    /** @throws FlowRefusedException {@code connection_test_failed} with the provider's reason */
    public Connection connect(
            Provider provider,
            Integration integration,
            Credentials typed,
            ConfigFields.Accepted fields,
            Requester requester,
            Optional<String> wantedName) {
        wantedName.ifPresent(name -> newConnections.mustBeFree(integration, name));
        ObjectNode config = fields.config().deepCopy();
        Credentials credentials =
                typed instanceof Credentials.OAuth2Client client && provider.auth() instanceof Auth.OAuth2Client auth
                        ? minted(provider, integration, auth, client, config, fields)
                        : typed;
        prober.refusal(provider, integration, credentials, config, fields.secrets())
                .ifPresent(reason -> {
                    throw new FlowRefusedException("connection_test_failed", reason);
                });
        return newConnections.save(
                new NewConnections.Granted(
                        provider, integration, credentials, config, fields.secrets(), Optional.empty()),
                requester,
                wantedName);
    }

    /** RFC 6749 section 4.4: the first token proves id and secret. */
    private Credentials minted(
            Provider provider,
            Integration integration,
            Auth.OAuth2Client auth,
            Credentials.OAuth2Client client,
            ObjectNode config,
            ConfigFields.Accepted fields) {
        ValuesOf values = new ValuesOf(integration, config, fields.secrets(), Optional.of(client));
        return switch (renewal.mint(auth, values)) {
            case TokenAnswer.Granted granted -> {
                granted.learned().forEach(config::put);
                yield renewal.client(granted, client.clientId(), client.clientSecret());
            }
            case TokenAnswer.Rejected rejected -> throw refused(provider, rejected.error(), rejected.description());
            case TokenAnswer.Misconfigured wrong -> throw refused(provider, wrong.error(), wrong.description());
            case TokenAnswer.Unavailable away ->
                throw new FlowRefusedException(
                        "connection_test_failed", "The credential could not be checked: " + away.description() + ".");
        };
    }

    private static FlowRefusedException refused(Provider provider, String error, String description) {
        return new FlowRefusedException(
                "connection_test_failed",
                provider.name() + " refused the credential: " + error
                        + (description.isEmpty() ? "." : " (" + description + ")."));
    }
}
