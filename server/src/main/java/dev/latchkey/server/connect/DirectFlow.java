package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.AuthorizationFlow.Requester;
import dev.latchkey.server.connections.ConfigFields;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.refresh.Minting;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** Flows without a detour through the provider's page: the user's input is verified and stored. Thread-safe. */
public final class DirectFlow {
    private final Prober prober;
    private final Minting minting;
    private final NewConnections newConnections;
    private final ExternalIds externalIds;

    public DirectFlow(Prober prober, Minting minting, NewConnections newConnections, ExternalIds externalIds) {
        this.externalIds = externalIds;
        this.prober = prober;
        this.minting = minting;
        this.newConnections = newConnections;
    }

    /** Values generated here for the person who connects, and shown beforehand. */
    public ExternalIds externalIds() {
        return externalIds;
    }

    /** A verified credential, and what was learned in doing so. */
    public record Proven(Credentials credentials, ObjectNode config) {}

    /** @throws FlowRefusedException {@code connection_test_failed} with the provider's reason */
    public Connection connect(
            Provider provider,
            Integration integration,
            Credentials typed,
            ConfigFields.Accepted fields,
            Requester requester,
            Optional<String> wantedName) {
        newConnections.mustBeFreeOrTheirs(integration, requester, wantedName);
        Proven proven = prove(provider, integration, typed, fields, true);
        return newConnections.save(
                new NewConnections.Granted(
                        provider,
                        integration,
                        proven.credentials(),
                        proven.config(),
                        fields.secrets(),
                        scopes(provider, integration, proven)),
                requester,
                wantedName);
    }

    /** Of the client credentials grant, which has scopes, too (RFC 6749 section 4.4). */
    private static GrantedScopes scopes(Provider provider, Integration integration, Proven proven) {
        Credentials made = proven.credentials();
        ValuesOf values = new ValuesOf(integration, proven.config(), Map.of(), Optional.of(made));
        return Kinds.of(provider.auth()).scopes(made, values);
    }

    /**
     * @param mint whether the first token is obtained now, which verifies its inputs
     * @throws FlowRefusedException {@code connection_test_failed}, or the kind's own code, with the provider's reason
     */
    public Proven prove(
            Provider provider, Integration integration, Credentials typed, ConfigFields.Accepted fields, boolean mint) {
        ObjectNode config = fields.config().deepCopy();
        Credentials credentials = mint && provider.auth().facts().mints()
                ? minted(provider, integration, provider.auth(), typed, config, fields)
                : typed;
        prober.refusal(provider, integration, credentials, config, fields.secrets())
                .ifPresent(reason -> {
                    throw new FlowRefusedException("connection_test_failed", reason);
                });
        return new Proven(credentials, config);
    }

    private Credentials minted(
            Provider provider,
            Integration integration,
            Auth auth,
            Credentials typed,
            ObjectNode config,
            ConfigFields.Accepted fields) {
        ValuesOf values = new ValuesOf(integration, config, fields.secrets(), Optional.of(typed));
        String code = Kinds.of(auth).refusalCode();
        return switch (minting.mint(auth, values)) {
            case TokenAnswer.Granted granted -> {
                minting.forAnybody(auth, values).ifPresent(answer -> refuseForAnybody(provider, answer));
                granted.learned().forEach(config::put);
                yield minting.minted(auth, typed, granted);
            }
            case TokenAnswer.Rejected rejected ->
                throw refused(provider, code, rejected.error(), rejected.description());
            case TokenAnswer.Misconfigured wrong -> throw refused(provider, code, wrong.error(), wrong.description());
            case TokenAnswer.Unavailable away ->
                throw new FlowRefusedException(
                        code, "The credential could not be checked: " + away.description() + ".");
        };
    }

    /** The deputy's own check: with the condition in its trust policy, a role cannot be assumed without its external id. */
    private static void refuseForAnybody(Provider provider, TokenAnswer answer) {
        switch (answer) {
            case TokenAnswer.Granted granted ->
                throw new FlowRefusedException(
                        "connection_test_failed",
                        "The role can be assumed without the external ID, so anyone who knows its ARN could use it."
                                + " Add the condition StringEquals sts:ExternalId with the external ID shown here to the"
                                + " role's trust policy, and try again.");
            case TokenAnswer.Rejected rejected -> {}
            case TokenAnswer.Misconfigured wrong ->
                throw refused(provider, "connection_test_failed", wrong.error(), wrong.description());
            case TokenAnswer.Unavailable away ->
                throw new FlowRefusedException(
                        "connection_test_failed",
                        "It could not be checked whether the role asks for the external ID: " + away.description()
                                + ".");
        }
    }

    private static FlowRefusedException refused(Provider provider, String code, String error, String description) {
        return new FlowRefusedException(
                code,
                provider.name() + " refused the credential: " + error
                        + (description.isEmpty() ? "." : " (" + description + ")."));
    }
}
