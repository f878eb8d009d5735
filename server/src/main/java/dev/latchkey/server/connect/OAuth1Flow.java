package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.OAuth1Kind;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.OAuth1Signature;
import dev.latchkey.server.tokens.OAuth1Tokens;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import dev.latchkey.server.tokens.VendorAddress;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import tools.jackson.databind.node.ObjectNode;

/**
 * Three-legged OAuth 1.0a (RFC 5849 section 2). The request token does what {@code state} does in OAuth 2.0: it works once, for ten
 * minutes, and only in the browser that began. Thread-safe.
 */
public final class OAuth1Flow {
    private final AuthorizationFlows flows;
    private final OAuth1Tokens tokens;
    private final VendorAddress addresses;
    private final NewConnections newConnections;

    public OAuth1Flow(
            AuthorizationFlows flows, OAuth1Tokens tokens, VendorAddress addresses, NewConnections newConnections) {
        this.flows = flows;
        this.tokens = tokens;
        this.addresses = addresses;
        this.newConnections = newConnections;
    }

    /** The name under which a flow is stored: no request token can pass for another kind's state. */
    public static String state(String requestToken) {
        return "oauth1:" + requestToken;
    }

    /**
     * Requests a request token, and builds the URL to send the browser to (section 2.2).
     *
     * @throws FlowRefusedException when something is missing, or the provider refuses
     */
    URI begin(
            OAuth1Kind kind,
            Provider provider,
            Integration integration,
            FlowStart start,
            String browser,
            URI redirectUri) {
        Integration client = start.client().over(integration);
        if (client.clientId().isEmpty()) {
            throw new FlowRefusedException(
                    "missing_credentials",
                    "This integration has no client id (consumer key) yet. The operator of this product must set it first.");
        }
        newConnections.mustBeFreeOrTheirs(integration, start.requester(), start.wantedName());
        ValuesOf values = new ValuesOf(client, start.config(), start.secrets(), Optional.empty());
        TokenAnswer.Granted requestToken = OAuth2CodeFlow.granted(
                provider, tokens.request(kind.auth().request(), kind.auth().signing(), values, redirectUri));
        String token = requestToken.accessToken().reveal();
        URI address;
        try {
            address = addresses.of(integration, page(kind.auth().authorize(), values, token, start));
        } catch (IllegalArgumentException e) {
            throw new FlowRefusedException("connection_validation_failed", String.valueOf(e.getMessage()) + ".");
        }
        flows.put(
                state(token),
                browser,
                AuthorizationFlow.begun(
                        integration,
                        start,
                        start.secrets(),
                        new AuthorizationFlow.Sent(
                                redirectUri, Optional.empty(), requestToken.refreshToken(), List.of())));
        return address;
    }

    private static URI page(Auth.Authorize authorize, ValuesOf values, String token, FlowStart start) {
        Map<String, String> query = new LinkedHashMap<>();
        query.put("oauth_token", token);
        String scopes = String.join(
                authorize.scope().join(),
                AuthorizationRequest.scopes(
                        authorize.scope(),
                        start.requested().scopes().orElse(values.integration().scopes())));
        if (!scopes.isEmpty()) {
            query.put(authorize.scope().param(), scopes);
        }
        authorize.params().forEach((name, text) -> text.expand(values).ifPresent(value -> query.put(name, value)));
        start.requested().authorizationParams().forEach((name, value) -> {
            // The token, and the caller's callback, which servers of OAuth 1.0 accepted here (its section 6.2.1).
            if (AuthorizationRequest.readLeniently(name).startsWith("oauth_")) {
                throw new FlowRefusedException(
                        "invalid_query_params", "The parameter " + name + " may not be overridden.");
            }
            if (value.equals("undefined")) {
                query.remove(name);
            } else {
                query.put(name, value);
            }
        });
        String address = authorize
                .url()
                .expand(values)
                .orElseThrow(
                        () -> new IllegalArgumentException("a value that the provider's address needs is missing"));
        return URI.create(address
                + (address.contains("?") ? "&" : "?")
                + query.entrySet().stream()
                        .map(one -> PercentEncoding.encode(one.getKey()) + "=" + PercentEncoding.encode(one.getValue()))
                        .collect(Collectors.joining("&")));
    }

    /**
     * From the callback to the connection.
     *
     * @throws FlowRefusedException when the user or the provider refused
     */
    NewConnections.Saved finish(
            OAuth1Kind kind,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            Map<String, String> callback) {
        if (callback.containsKey("denied")
                || callback.getOrDefault("oauth_problem", "").equals("user_refused")) {
            throw new FlowRefusedException("access_denied", "Access was denied at " + provider.name() + ".");
        }
        String verifier = callback.getOrDefault("oauth_verifier", "");
        if (verifier.isEmpty()) {
            throw new FlowRefusedException(
                    "access_denied",
                    provider.name() + " sent the user back without a verifier: access was denied. Try again.");
        }
        Integration client = flow.client().over(integration);
        CallbackValues brought = CallbackValues.of(provider, integration, flow, callback);
        ObjectNode config = brought.config();
        ValuesOf values = new ValuesOf(client, config, brought.secrets(), Optional.empty());
        TokenAnswer.Granted granted = OAuth2CodeFlow.granted(
                provider,
                tokens.access(
                        kind.auth().access(),
                        kind.auth().signing(),
                        values,
                        new OAuth1Tokens.Verified(
                                new OAuth1Signature.Token(
                                        callback.getOrDefault("oauth_token", ""),
                                        flow.sent().requestToken().orElse(new Secret(""))),
                                verifier),
                        kind.auth().learn()));
        OAuth2CodeFlow.learn(provider, granted, config);
        return newConnections.saveOrAsk(
                new NewConnections.Granted(
                        provider,
                        integration,
                        new Credentials.OAuth1Token(
                                granted.accessToken(), granted.refreshToken().orElse(new Secret("")), granted.raw()),
                        config,
                        flow.secrets(),
                        GrantedScopes.UNKNOWN),
                flow.requester(),
                flow.wantedName());
    }
}
