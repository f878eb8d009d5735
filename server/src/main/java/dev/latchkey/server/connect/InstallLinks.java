package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.InstallLink;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.tokens.ValuesOf;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Flows that begin at the vendor: a link in its marketplace leads here, before anyone has signed in to the product. What it brings is
 * a hint, never a grant: a code in it is ignored, since anyone could have put their own there (login CSRF, RFC 9700 section 4.7), and a flow
 * of our own begins, bound to this browser. Its connection waits ({@link PendingConnections}) for the product's backend, to which this
 * browser alone carries the verifier. Thread-safe.
 */
public final class InstallLinks {
    /** The verifier's name in the query of the product's page. */
    public static final String VERIFIER = "code_verifier";

    private final AuthorizationFlows flows;

    InstallLinks(AuthorizationFlows flows) {
        this.flows = flows;
    }

    /**
     * @param query of the link
     * @throws FlowRefusedException if the provider has no such link, the integration does not allow it, the vendor did not sign it, or
     *     it lacks a value
     */
    public FlowStart start(Provider provider, Integration integration, Map<String, String> query) {
        InstallLink link = provider.about()
                .setup()
                .install()
                .orElseThrow(() -> new FlowRefusedException(
                        "unknown_provider_config", "Connections to " + provider.name() + " cannot begin there."));
        String page = integration
                .installReturnUrl()
                .orElseThrow(() -> new FlowRefusedException(
                        "unknown_provider_config",
                        "This product does not take connections that begin at the provider."));
        ValuesOf app = new ValuesOf(integration, Json.MAPPER.createObjectNode(), Map.of(), Optional.empty());
        link.check().ifPresent(check -> CallbackSignature.check(check, query, app));
        Map<String, String> given = new HashMap<>();
        link.given()
                .forEach((field, parameter) ->
                        Optional.ofNullable(query.get(parameter)).ifPresent(value -> given.put(field, value)));
        ConfigFields.Accepted accepted = ConfigFields.accept(provider, given, true);
        if (!accepted.problems().isEmpty()) {
            ConfigFields.Problem first = accepted.problems().getFirst();
            throw new FlowRefusedException(
                    "connection_validation_failed", first.field() + ": " + first.message() + ".");
        }
        String verifier = flows.token();
        return new FlowStart(
                accepted.config(),
                accepted.secrets(),
                new FlowStart.Requested(Optional.empty(), Optional.empty(), Map.of()),
                ConnectionClient.NONE,
                new AuthorizationFlow.Requester(
                        Optional.empty(),
                        Optional.empty(),
                        Map.of("installed_from", provider.id()),
                        Optional.empty(),
                        Optional.empty(),
                        Optional.of(PendingConnections.challenge(verifier)),
                        false),
                Optional.empty(),
                new ReplyTo(
                        Optional.empty(),
                        Optional.of(page + (page.contains("?") ? "&" : "?") + VERIFIER + "=" + verifier)));
    }

    /** What is remembered of such a flow's end for a browser that comes back: neither the handle nor the verifier. */
    public static FlowResult remembered(AuthorizationFlow flow, FlowResult result) {
        boolean begunAtVendor = flow.requester().session().isEmpty()
                && flow.requester().challenge().isPresent();
        return begunAtVendor && result instanceof FlowResult.Connected it
                ? new FlowResult.Connected(
                        it.integrationKey(), it.provider(), "", it.pending(), Optional.empty(), Optional.empty())
                : result;
    }
}
