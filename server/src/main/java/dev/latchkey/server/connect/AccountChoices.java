package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Draft;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.integrations.Integrations;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.storage.Database;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Flows whose vendor granted access to several accounts: the grant waits in the flow, under its state and its browser's cookie, until the
 * user has chosen. Where they do not, it is revoked, so that no token remains that nothing uses. Thread-safe.
 */
public final class AccountChoices {
    private static final Logger LOG = LoggerFactory.getLogger(AccountChoices.class);

    private final AuthorizationFlows flows;
    private final NewConnections newConnections;
    private final Connections connections;
    private final Integrations integrations;
    private final OnDelete onDelete;
    private final Ids ids;

    public AccountChoices(
            AuthorizationFlows flows,
            NewConnections newConnections,
            Connections connections,
            Integrations integrations,
            OnDelete onDelete,
            Ids ids) {
        this.flows = flows;
        this.newConnections = newConnections;
        this.connections = connections;
        this.integrations = integrations;
        this.onDelete = onDelete;
        this.ids = ids;
    }

    /** Keeps the grant until the user has chosen, for as long as a flow takes. */
    public void ask(String state, String browser, AuthorizationFlow flow, AccountChoice choice) {
        Database.outlastingLocks(() -> {
            flows.put(state, browser, flow.asking(choice));
            return choice;
        });
    }

    /**
     * Makes the connection to the chosen account.
     *
     * @throws FlowRefusedException as the flow's own end
     */
    public NewConnections.Saved chosen(
            Provider provider, Integration integration, AuthorizationFlow flow, AccountChoice.Option option) {
        AccountChoice choice = flow.choice().orElseThrow();
        Connection.Grant grant = choice.grant();
        return newConnections.chosen(
                new NewConnections.Granted(
                        provider, integration, grant.credentials(), grant.config(), grant.secrets(), grant.scopes()),
                choice,
                option,
                flow.requester(),
                flow.wantedName());
    }

    /**
     * Ends the grant of a flow in which nothing was chosen. That of a connection that is authorized again may be the same as the old
     * one's, which must keep working.
     */
    public void abandon(AuthorizationFlow flow) {
        if (flow.choice().isEmpty() || flow.requester().reconnect().isPresent()) {
            return;
        }
        Connection.Grant grant = flow.choice().get().grant();
        integrations
                .byId(flow.environment(), flow.integration())
                .ifPresent(integration -> onDelete.revoke(
                        integration,
                        connections.drafted(
                                new Draft(
                                        integration,
                                        "",
                                        grant,
                                        Draft.Description.NONE,
                                        Connection.Schedule.NEVER,
                                        Map.of()),
                                ids.next(),
                                "")));
    }

    /** Ends the grants of flows in which nothing was chosen in time. Called regularly. */
    public void expire() {
        flows.takeUnchosen().forEach(flow -> {
            try {
                abandon(flow);
            } catch (RuntimeException e) {
                LOG.error(
                        "A grant for integration {} for which no account was chosen is dropped, but not revoked.",
                        flow.integration(),
                        e);
            }
        });
    }
}
