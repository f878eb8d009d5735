package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.AuthFacts;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.AppInstallationKind;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.refresh.Minting;
import dev.latchkey.server.tokens.AfterGrant;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import dev.latchkey.server.tokens.VendorAddress;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * An app that a user installs in an account (GitHub App): from the redirect to the callback. A user who may not install it asks an
 * owner; the connection then waits, marked {@code pending} in its config, until the installation is approved. Thread-safe.
 */
public final class InstallationFlow {
    /** In a connection's config, while its installation waits for approval. */
    public static final String PENDING = ConfigFields.PENDING;

    private static final String INSTALLATION = "installation_id";

    private final AuthorizationFlows flows;
    private final VendorAddress addresses;
    private final OAuth2CodeFlow codeFlow;
    private final AfterGrant afterGrant;
    private final Minting minting;
    private final Connections connections;
    private final NewConnections newConnections;
    private final Proofs proofs;

    public InstallationFlow(
            AuthorizationFlows flows,
            VendorAddress addresses,
            OAuth2CodeFlow codeFlow,
            AfterGrant afterGrant,
            Minting minting,
            Connections connections,
            NewConnections newConnections,
            Proofs proofs) {
        this.proofs = proofs;
        this.flows = flows;
        this.addresses = addresses;
        this.codeFlow = codeFlow;
        this.afterGrant = afterGrant;
        this.minting = minting;
        this.connections = connections;
        this.newConnections = newConnections;
    }

    /** @throws FlowRefusedException when something is missing */
    URI begin(
            AppInstallationKind kind,
            Provider provider,
            Integration integration,
            FlowStart start,
            String browser,
            URI redirectUri) {
        Proofs.mustBePossible(provider, integration);
        newConnections.mustBeFreeOrTheirs(integration, start.requester(), start.wantedName());
        String state = flows.token();
        ValuesOf values = new ValuesOf(integration, start.config(), start.secrets(), Optional.empty());
        URI address;
        try {
            String page = kind.auth()
                    .install()
                    .expand(values)
                    .orElseThrow(
                            () -> new IllegalArgumentException(
                                    "This integration has no public link of its app yet. The operator of this product must set it first"));
            address = addresses.of(integration, AuthorizationFlows.carrying(page, state));
        } catch (IllegalArgumentException e) {
            throw new FlowRefusedException("missing_credentials", String.valueOf(e.getMessage()) + ".");
        }
        flows.put(state, browser, AuthorizationFlow.toInstall(integration, redirectUri, start));
        return address;
    }

    /** @throws FlowRefusedException when the user or the provider refused */
    NewConnections.Saved finish(
            AppInstallationKind kind,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            Map<String, String> callback) {
        OAuth2CodeFlow.refuseError(provider, callback);
        Proofs.mustBePossible(provider, integration);
        CallbackValues brought = CallbackValues.of(provider, integration, flow, callback);
        ObjectNode config = brought.config();
        boolean installed = config.has(INSTALLATION);
        if (!installed && !kind.facts().addsUser()) {
            throw new FlowRefusedException(
                    "installation_pending",
                    "Only an owner can install the app at " + provider.name()
                            + ". The request has been sent to them; connect again once it is approved.");
        }
        Optional<Credentials.OAuth2> user = user(kind, provider, integration, flow, callback, config);
        Credentials.Installation credentials = with(AppInstallationKind.pending(), user);
        if (installed && !integration.acceptsUnproven()) {
            prove(kind, provider, integration, flow, config, credentials);
        }
        credentials = with(credentials, kind.facts().addsUser() ? user : Optional.empty());
        if (installed) {
            credentials = minted(provider, integration, config, flow, credentials);
        } else {
            config.put(PENDING, true);
        }
        return newConnections.saveOrAsk(
                new NewConnections.Granted(
                        provider, integration, credentials, config, flow.secrets(), GrantedScopes.UNKNOWN),
                flow.requester(),
                flow.wantedName());
    }

    private static Credentials.Installation with(
            Credentials.Installation credentials, Optional<Credentials.OAuth2> user) {
        return new Credentials.Installation(credentials.token(), credentials.expiresAt(), credentials.raw(), user);
    }

    /**
     * Ids of installations are small consecutive numbers, and anyone may call the callback with any of them ("About the setup URL" in
     * GitHub's documentation): the vendor itself must confirm that it is the user's.
     */
    private void prove(
            AppInstallationKind kind,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            ObjectNode config,
            Credentials.Installation credentials) {
        if (credentials.user().isEmpty()) {
            throw new FlowRefusedException(
                    "missing_code",
                    provider.name() + " sent the user back without an authorization code, which proves that the"
                            + " installation is theirs. The operator of this product must have the app request user authorization"
                            + " during installation.");
        }
        proofs.check(
                provider,
                integration,
                kind.auth().proof().orElseThrow(),
                new ValuesOf(integration, config, flow.secrets(), Optional.of(credentials)));
    }

    private Credentials.Installation minted(
            Provider provider,
            Integration integration,
            ObjectNode config,
            AuthorizationFlow flow,
            Credentials.Installation credentials) {
        ValuesOf values = new ValuesOf(integration, config, flow.secrets(), Optional.of(credentials));
        TokenAnswer.Granted granted = OAuth2CodeFlow.granted(provider, minting.mint(provider.auth(), values));
        return (Credentials.Installation) minting.minted(provider.auth(), credentials, granted);
    }

    /** The user's token, by the callback's code; without one, the user's data from before. */
    private Optional<Credentials.OAuth2> user(
            AppInstallationKind kind,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            Map<String, String> callback,
            ObjectNode config) {
        Optional<CodeGrant> way = kind.auth().user().or(kind.auth()::prover);
        String code = callback.getOrDefault("code", "");
        boolean asked = integration.clientId().isPresent() && !integration.acceptsUnproven();
        if (way.isEmpty() || code.isEmpty() || !kind.facts().addsUser() && !asked) {
            return !kind.facts().addsUser()
                    ? Optional.empty()
                    : flow.requester()
                            .reconnect()
                            .flatMap(id -> connections.remains(integration.environment(), id))
                            .map(Connection::credentials)
                            .filter(Credentials.Installation.class::isInstance)
                            .flatMap(it -> ((Credentials.Installation) it).user());
        }
        ValuesOf values = new ValuesOf(integration, config, flow.secrets(), Optional.empty());
        TokenAnswer.Granted granted = codeFlow.exchanged(way.get(), provider, flow, code, values);
        TokenAnswer.Granted whole = OAuth2CodeFlow.granted(provider, afterGrant.connected(way.get(), granted, values));
        return Optional.of(OAuth2CodeFlow.credentials(whole, flow));
    }

    /**
     * The installation exists: the waiting connection gets its first token. If the provider does not issue it yet, the connection
     * stops waiting all the same, and the next read requests the token.
     */
    public void approve(Provider provider, Integration integration, Connection pending, String installation) {
        AuthFacts facts = provider.auth().facts();
        Credentials waiting = pending.credentials();
        if (facts.installedApp().isEmpty()
                || !Kinds.of(provider.auth()).held().isInstance(waiting)
                // The account it waits for was learned with the user's token; without one it is unproven.
                || facts.addsUser() && waiting.user().isEmpty()) {
            return;
        }
        ObjectNode config = pending.config().deepCopy();
        config.remove(PENDING);
        config.put(INSTALLATION, installation);
        ValuesOf values = new ValuesOf(integration, config, pending.secrets(), Optional.of(waiting));
        Credentials credentials = minting.mint(provider.auth(), values) instanceof TokenAnswer.Granted granted
                ? minting.minted(provider.auth(), waiting, granted)
                : waiting;
        newConnections.save(
                new NewConnections.Granted(
                        provider, integration, credentials, config, pending.secrets(), GrantedScopes.UNKNOWN),
                new AuthorizationFlow.Requester(
                        Optional.empty(),
                        pending.endUser(),
                        pending.tags(),
                        Optional.of(pending.id()),
                        pending.description().webhookUrlOverride(),
                        Optional.empty(),
                        false),
                Optional.empty());
    }

    /** A connection whose installation begins at the provider and is reported by a webhook. */
    public Connection outbound(Provider provider, Integration integration, FlowStart start) {
        start.wantedName().ifPresent(name -> newConnections.mustBeFree(integration, name));
        ObjectNode config = start.config().deepCopy();
        config.put(PENDING, true);
        return newConnections.save(
                new NewConnections.Granted(
                        provider,
                        integration,
                        AppInstallationKind.pending(),
                        config,
                        start.secrets(),
                        GrantedScopes.UNKNOWN),
                start.requester(),
                start.wantedName());
    }
}
