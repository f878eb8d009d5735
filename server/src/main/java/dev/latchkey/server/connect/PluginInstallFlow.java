package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.PluginInstallKind;
import dev.latchkey.server.tokens.ValuesOf;
import dev.latchkey.server.tokens.VendorAddress;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A plug-in of ours that a user installs at the provider, which sends the user back with the id of the site. There is no user
 * credential: calls are authenticated with the plug-in's own, which the definition's API block places. Thread-safe.
 */
public final class PluginInstallFlow {
    private final AuthorizationFlows flows;
    private final VendorAddress addresses;
    private final NewConnections newConnections;

    public PluginInstallFlow(AuthorizationFlows flows, VendorAddress addresses, NewConnections newConnections) {
        this.flows = flows;
        this.addresses = addresses;
        this.newConnections = newConnections;
    }

    /** @throws FlowRefusedException when something is missing */
    URI begin(
            PluginInstallKind kind,
            Provider provider,
            Integration integration,
            FlowStart start,
            String browser,
            URI redirectUri) {
        Proofs.mustBePossible(provider, integration);
        if (integration.clientId().isEmpty()) {
            throw new FlowRefusedException(
                    "missing_credentials",
                    "This integration has no credentials of its plug-in yet. The operator of this product must set them first.");
        }
        newConnections.mustBeFreeOrTheirs(integration, start.requester(), start.wantedName());
        String state = flows.token();
        Template.Values session = reference -> !reference.root().equals("session")
                ? Optional.empty()
                : switch (reference.path().getFirst()) {
                    case "redirect_uri" -> Optional.of(redirectUri.toString());
                    default -> Optional.empty();
                };
        ValuesOf values = new ValuesOf(integration, start.config(), start.secrets(), Optional.empty()).with(session);
        URI address;
        try {
            String page = kind.auth()
                    .install()
                    .expand(values)
                    .orElseThrow(
                            () -> new IllegalArgumentException("a value that the provider's address needs is missing"));
            address = addresses.of(integration, AuthorizationFlows.carrying(page, state));
        } catch (IllegalArgumentException e) {
            throw new FlowRefusedException("connection_validation_failed", String.valueOf(e.getMessage()) + ".");
        }
        flows.put(state, browser, AuthorizationFlow.toInstall(integration, redirectUri, start));
        return address;
    }

    /** @throws FlowRefusedException when the user or the provider refused, or the callback does not name the site */
    NewConnections.Saved finish(
            PluginInstallKind kind,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            Map<String, String> callback) {
        OAuth2CodeFlow.refuseError(provider, callback);
        List<String> missing = kind.auth().callback().stream()
                .filter(name -> callback.getOrDefault(name, "").isEmpty())
                .toList();
        if (!missing.isEmpty()) {
            throw new FlowRefusedException(
                    "invalid_callback",
                    provider.name() + " sent the user back without " + String.join(", ", missing) + ". Try again.");
        }
        Proofs.mustBePossible(provider, integration);
        CallbackValues brought = CallbackValues.of(provider, integration, flow, callback);
        kind.auth()
                .callbackCheck()
                .ifPresent(check -> CallbackSignature.check(
                        check,
                        callback,
                        new ValuesOf(integration, brought.config(), brought.secrets(), Optional.empty())));
        return newConnections.saveOrAsk(
                new NewConnections.Granted(
                        provider,
                        integration,
                        new Credentials.None(),
                        brought.config(),
                        brought.secrets(),
                        GrantedScopes.UNKNOWN),
                flow.requester(),
                flow.wantedName());
    }
}
