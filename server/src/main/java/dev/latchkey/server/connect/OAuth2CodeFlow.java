package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Scopes;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.AfterGrant;
import dev.latchkey.server.tokens.GrantRequests;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenEndpoint;
import dev.latchkey.server.tokens.TokenParser;
import dev.latchkey.server.tokens.ValuesOf;
import dev.latchkey.server.tokens.VendorAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The authorization code grant (RFC 6749 section 4.1) with PKCE (RFC 7636), from the user's click to the tokens. Thread-safe. */
public final class OAuth2CodeFlow {
    private static final int MAX_CALLBACK_VALUE = 2_000;

    private final AuthorizationFlows flows;
    private final TokenEndpoint tokens;
    private final VendorAddress addresses;
    private final AfterGrant afterGrant;
    private final NewConnections newConnections;
    private final Proofs proofs;

    public OAuth2CodeFlow(
            AuthorizationFlows flows,
            TokenEndpoint tokens,
            VendorAddress addresses,
            AfterGrant afterGrant,
            NewConnections newConnections,
            Proofs proofs) {
        this.proofs = proofs;
        this.flows = flows;
        this.tokens = tokens;
        this.addresses = addresses;
        this.afterGrant = afterGrant;
        this.newConnections = newConnections;
    }

    /**
     * Stores the flow and builds the URL to send the browser to.
     *
     * @param browser the value of the cookie that binds the state to this browser
     * @throws FlowRefusedException when something is missing or not allowed
     */
    public URI begin(
            CodeGrant code,
            Provider provider,
            Integration integration,
            FlowStart start,
            String browser,
            URI redirectUri) {
        Proofs.mustBePossible(provider, integration);
        Integration client = start.client().over(integration);
        if (client.clientId().isEmpty()) {
            throw new FlowRefusedException(
                    "missing_credentials",
                    "This integration has no client id yet. The operator of this product must set it first.");
        }
        newConnections.mustBeFreeOrTheirs(integration, start.requester(), start.wantedName());
        Optional<String> verifier = code.consent().pkce() ? Optional.of(flows.token()) : Optional.empty();
        String state = flows.token();
        Map<String, Secret> secrets =
                code.client().dpop() ? TokenEndpoint.withNewKey(start.secrets()) : start.secrets();
        ValuesOf values = new ValuesOf(client, start.config(), secrets, Optional.empty());
        URI address;
        List<String> asked;
        try {
            Map<String, String> parameters = AuthorizationRequest.parameters(
                    code,
                    values,
                    redirectUri,
                    state,
                    verifier,
                    AuthorizationRequest.scopes(
                            code.consent().authorize().scope(),
                            start.requested().scopes().orElse(integration.scopes())),
                    start.requested()
                            .userScopes()
                            .map(scopes -> Map.of("user", scopes))
                            .orElse(Map.of()),
                    start.requested().authorizationParams());
            Scopes definition = code.consent().authorize().scope();
            asked = GrantedScopes.split(parameters.get(definition.param()), definition.join());
            address = addresses.of(
                    integration,
                    AuthorizationRequest.address(
                            code.consent().authorize(), values, carried(code, values, parameters)));
        } catch (IllegalArgumentException e) {
            throw new FlowRefusedException("connection_validation_failed", String.valueOf(e.getMessage()) + ".");
        }
        flows.put(
                state,
                browser,
                AuthorizationFlow.begun(
                        integration,
                        start,
                        secrets,
                        new AuthorizationFlow.Sent(redirectUri, verifier, Optional.empty(), asked)));
        return address;
    }

    /** The browser's query: the parameters, or the reference to those that were pushed (RFC 9126 section 4). */
    private Map<String, String> carried(CodeGrant code, ValuesOf values, Map<String, String> parameters) {
        if (code.consent().authorize().pushed().isEmpty()) {
            return parameters;
        }
        TokenEndpoint.JsonResponse response = tokens.request(
                code.consent().authorize().pushed().get(),
                code.client().auth(),
                AuthorizationRequest.named(code.consent().authorize(), parameters),
                values);
        String name = tree(response).path("request_uri").asString("");
        if (name.isEmpty() || name.length() > MAX_CALLBACK_VALUE) {
            throw notBegun("invalid_response", "the provider's response has no request_uri");
        }
        return Map.of("client_id", parameters.getOrDefault("client_id", ""), "request_uri", name);
    }

    /** @throws FlowRefusedException when the provider refused, or does not respond */
    static JsonNode tree(TokenEndpoint.JsonResponse response) {
        return switch (response) {
            case TokenEndpoint.JsonResponse.Tree tree -> tree.body();
            case TokenEndpoint.JsonResponse.Refused refused ->
                throw switch (refused.answer()) {
                    case TokenAnswer.Rejected it -> notBegun(it.error(), it.description());
                    case TokenAnswer.Misconfigured it -> notBegun(it.error(), it.description());
                    case TokenAnswer.Unavailable it -> notBegun("provider_unavailable", it.description());
                    case TokenAnswer.Granted it -> notBegun("invalid_response", "the provider's response is empty");
                };
        };
    }

    static FlowRefusedException notBegun(String error, String description) {
        return new FlowRefusedException(
                error,
                "The provider refused the request: " + error
                        + (description.isEmpty() ? "." : " (" + description + ")."));
    }

    /**
     * From the authorization response to the connection.
     *
     * @param callback the query of the provider's redirect
     * @throws FlowRefusedException when the user or the provider refused, or the response cannot be trusted
     */
    public NewConnections.Saved finish(
            CodeGrant code,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            Map<String, String> callback) {
        refuseError(provider, callback);
        checkIssuer(code, callback);
        Integration client = flow.client().over(integration);
        Proofs.mustBePossible(provider, integration);
        CallbackValues brought = CallbackValues.of(provider, integration, flow, callback);
        ValuesOf values = new ValuesOf(client, brought.config(), brought.secrets(), Optional.empty());
        code.consent().callbackCheck().ifPresent(check -> CallbackSignature.check(check, callback, values));
        String value = callback.getOrDefault(code.consent().authorize().codeParam(), "");
        if (value.isEmpty()) {
            throw new FlowRefusedException(
                    "missing_code", provider.name() + " sent the user back without an authorization code. Try again.");
        }
        TokenAnswer.Granted granted = exchanged(code, provider, flow, value, values);
        if (brought.claims() && !integration.acceptsUnproven()) {
            ValuesOf held = values.with(credentials(granted, flow));
            code.proof().ifPresent(proof -> proofs.check(provider, integration, proof, held));
        }
        return newConnections.saveOrAsk(
                connected(code, provider, integration, flow, values, granted), flow.requester(), flow.wantedName());
    }

    /** What the tokens have brought. @param values with the flow's config, to which learned values are added */
    NewConnections.Granted connected(
            CodeGrant code,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            ValuesOf values,
            TokenAnswer.Granted granted) {
        ObjectNode config = (ObjectNode) values.config();
        learn(provider, granted, config);
        TokenAnswer.Granted whole = granted(provider, afterGrant.connected(code, granted, values));
        return new NewConnections.Granted(
                provider,
                integration,
                credentials(whole, flow),
                config,
                flow.secrets(),
                GrantedScopes.of(
                        code.consent().authorize().scope(),
                        flow.sent().scopes(),
                        code.response().token(),
                        granted.raw().json(),
                        whole.refreshToken().isPresent()));
    }

    /** Exchanges the code for a token. @param values of the flow and its callback */
    TokenAnswer.Granted exchanged(
            CodeGrant code, Provider provider, AuthorizationFlow flow, String value, ValuesOf values) {
        Map<String, String> parameters = new LinkedHashMap<>();
        switch (code.redeems()) {
            case CLIENT_CREDENTIALS -> parameters.putAll(GrantRequests.clientCredentials(code, values));
            case AUTHORIZATION_CODE -> {
                parameters.put("grant_type", "authorization_code");
                parameters.put("code", value);
                parameters.put("redirect_uri", flow.sent().redirectUri().toString());
                flow.sent().verifier().ifPresent(verifier -> parameters.put("code_verifier", verifier));
            }
        }
        return granted(
                provider,
                tokens.ask(
                        code.exchange(), code.client().auth(), parameters, values.with(session(flow)), reading(code)));
    }

    /** {@code session.redirect_uri}, for vendors that require it in an unusual place. */
    private static Template.Values session(AuthorizationFlow flow) {
        return reference -> reference.root().equals("session")
                        && reference.path().getFirst().equals("redirect_uri")
                ? Optional.of(flow.sent().redirectUri().toString())
                : Optional.empty();
    }

    static Credentials.OAuth2 credentials(TokenAnswer.Granted granted, AuthorizationFlow flow) {
        return new Credentials.OAuth2(
                granted.accessToken(),
                granted.refreshToken(),
                granted.expiresAt(),
                granted.raw(),
                flow.client().id(),
                flow.client().secret());
    }

    static TokenEndpoint.Reading reading(CodeGrant code) {
        return new TokenEndpoint.Reading(
                code.response().token(),
                code.response().okWhen(),
                code.response().learn());
    }

    /** RFC 6749 section 4.1.2.1. */
    static void refuseError(Provider provider, Map<String, String> callback) {
        String error = callback.getOrDefault("error", "");
        if (error.isEmpty()) {
            return;
        }
        String description = TokenParser.clean(callback.getOrDefault("error_description", ""));
        throw new FlowRefusedException(
                error.equals("access_denied") ? "access_denied" : "refused_by_provider",
                error.equals("access_denied")
                        ? "Access was denied at " + provider.name() + (description.isEmpty() ? "." : ": " + description)
                        : provider.name() + " answered " + TokenParser.clean(error)
                                + (description.isEmpty() ? "." : ": " + description));
    }

    /** RFC 9207: the response must come from the server that the request was sent to. */
    private static void checkIssuer(CodeGrant code, Map<String, String> callback) {
        code.consent().issuer().ifPresent(expected -> {
            if (!expected.equals(callback.get("iss"))) {
                throw new FlowRefusedException(
                        "issuer_mismatch",
                        "The response did not come from the authorization server that the request was sent to.");
            }
        });
    }

    static void learn(Provider provider, TokenAnswer.Granted granted, ObjectNode config) {
        for (Field field : provider.fields().values()) {
            if (field.source().orElse(null) instanceof Field.Source.Token source) {
                source.path().textIn(granted.raw().json()).ifPresent(value -> config.put(field.id(), value));
            }
        }
        granted.learned().forEach(config::put);
    }

    static TokenAnswer.Granted granted(Provider provider, TokenAnswer answer) {
        return switch (answer) {
            case TokenAnswer.Granted granted -> granted;
            case TokenAnswer.Rejected rejected ->
                throw refused("token_request_rejected", provider, rejected.error(), rejected.description());
            case TokenAnswer.Misconfigured wrong ->
                throw refused("invalid_client", provider, wrong.error(), wrong.description());
            case TokenAnswer.Unavailable away ->
                throw new FlowRefusedException(
                        "provider_unavailable",
                        "The authorization could not be finished: " + away.description() + ". Try again in a moment.");
        };
    }

    private static FlowRefusedException refused(String code, Provider provider, String error, String description) {
        return new FlowRefusedException(
                code,
                provider.name() + " refused to issue a token: " + error
                        + (description.isEmpty() ? "." : " (" + description + ")."));
    }
}
