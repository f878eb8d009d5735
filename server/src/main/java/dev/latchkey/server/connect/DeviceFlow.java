package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connect.AuthorizationFlow.Requester;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.GrantedScopes;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.TokenEndpoint;
import dev.latchkey.server.tokens.ValuesOf;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * The device authorization grant (RFC 8628): for a program without a browser. The user types a code at the provider's page, on any
 * device, while the program polls here. It may poll any node. Thread-safe.
 */
public final class DeviceFlow {
    private static final String GRANT = "urn:ietf:params:oauth:grant-type:device_code";
    private static final Duration LONGEST = Duration.ofMinutes(30);
    private static final Duration INTERVAL = Duration.ofSeconds(5);
    private static final int LONGEST_TEXT = 500;
    /** No browser takes part here: the holder of the flow's token may poll. */
    private static final String NO_BROWSER = "";

    private final AuthorizationFlows flows;
    private final TokenEndpoint tokens;
    private final OAuth2CodeFlow codeFlow;
    private final NewConnections newConnections;

    public DeviceFlow(
            AuthorizationFlows flows, TokenEndpoint tokens, OAuth2CodeFlow codeFlow, NewConnections newConnections) {
        this.flows = flows;
        this.tokens = tokens;
        this.codeFlow = codeFlow;
        this.newConnections = newConnections;
    }

    /**
     * @param flow names it to {@link #look}; a secret
     * @param userCode what the user types at {@code verificationUri}
     * @param complete the same with the code in it, where the provider has such an address
     * @param interval to wait between two polls
     */
    public record Begun(
            String flow,
            String userCode,
            String verificationUri,
            Optional<String> complete,
            Duration lifetime,
            Duration interval) {}

    /** The result of a poll. */
    public sealed interface Look {
        /** @param slower the interval must grow by five seconds */
        record Pending(boolean slower) implements Look {}

        /** @param requester the user that it was begun for */
        record Connected(Connection connection, Requester requester) implements Look {}

        /** Final, and returned once: the next poll finds nothing. */
        record Refused(AuthorizationFlow flow, FlowRefusedException why) implements Look {}
    }

    /** @throws FlowRefusedException when something is missing, or the provider refuses */
    public Begun begin(Provider provider, Integration integration, FlowStart start) {
        CodeGrant code = code(provider);
        Integration client = start.client().over(integration);
        newConnections.mustBeFreeOrTheirs(integration, start.requester(), start.wantedName());
        Map<String, Secret> secrets =
                code.client().dpop() ? TokenEndpoint.withNewKey(start.secrets()) : start.secrets();
        ValuesOf values = new ValuesOf(client, start.config(), secrets, Optional.empty());
        Map<String, String> parameters = new LinkedHashMap<>();
        parameters.put("client_id", values.clientId().orElse(""));
        String scope = String.join(
                code.consent().authorize().scope().join(),
                AuthorizationRequest.scopes(
                        code.consent().authorize().scope(),
                        start.requested().scopes().orElse(integration.scopes())));
        if (!scope.isEmpty()) {
            parameters.put(code.consent().authorize().scope().param(), scope);
        }
        JsonNode answer = OAuth2CodeFlow.tree(tokens.request(
                code.consent().device().orElseThrow(),
                code.client().auth(),
                AuthorizationRequest.named(code.consent().authorize(), parameters),
                values));
        String deviceCode = answer.path("device_code").asString("");
        String userCode = text(answer, "user_code");
        // Google's name for it is older than the RFC.
        String page = text(answer, answer.has("verification_uri") ? "verification_uri" : "verification_url");
        if (deviceCode.isEmpty() || userCode.isEmpty() || !isPage(page)) {
            throw OAuth2CodeFlow.notBegun("invalid_response", "the provider's response lacks a code or its page");
        }
        Duration lifetime = Duration.ofSeconds(
                Math.clamp(answer.path("expires_in").asLong(LONGEST.toSeconds()), 1, LONGEST.toSeconds()));
        String token = flows.token();
        flows.put(
                token,
                NO_BROWSER,
                AuthorizationFlow.begun(
                        integration,
                        start,
                        secrets,
                        new AuthorizationFlow.Sent(
                                URI.create(page),
                                Optional.empty(),
                                Optional.of(new Secret(deviceCode)),
                                GrantedScopes.split(
                                        scope,
                                        code.consent().authorize().scope().join()))),
                lifetime);
        return new Begun(
                token,
                userCode,
                page,
                Optional.of(text(answer, "verification_uri_complete")).filter(DeviceFlow::isPage),
                lifetime,
                Duration.ofSeconds(Math.clamp(answer.path("interval").asLong(INTERVAL.toSeconds()), 1, 60)));
    }

    /**
     * Polls the provider once.
     *
     * @throws FlowRefusedException when there is no such flow, or the provider does not respond
     */
    public Look look(Provider provider, Integration integration, String token) {
        CodeGrant code = code(provider);
        Optional<AuthorizationFlow> found = flows.find(token, NO_BROWSER);
        if (found.filter(one -> one.integration().equals(integration.id())).isEmpty()) {
            FlowRefusedException gone = new FlowRefusedException(
                    "expired_token", "This code is unknown: it has been used, or is too old. Start again.");
            if (found.isEmpty()
                    && flows.take(token, NO_BROWSER) instanceof AuthorizationFlows.Taken.Late late
                    && late.flow().integration().equals(integration.id())) {
                return new Look.Refused(late.flow(), gone);
            }
            throw gone;
        }
        AuthorizationFlow flow = found.get();
        Integration client = flow.client().over(integration);
        ValuesOf values = new ValuesOf(client, flow.config().deepCopy(), flow.secrets(), Optional.empty());
        Map<String, String> parameters = Map.of(
                "grant_type",
                GRANT,
                "device_code",
                flow.sent().requestToken().orElseThrow().reveal());
        TokenEndpoint.Polled polled =
                tokens.poll(code.exchange(), code.client().auth(), parameters, values, OAuth2CodeFlow.reading(code));
        return switch (polled) {
            case TokenEndpoint.Polled.Pending pending -> new Look.Pending(pending.slower());
            case TokenEndpoint.Polled.Answered answered -> {
                try {
                    var granted = OAuth2CodeFlow.granted(provider, answered.answer());
                    Connection connection = newConnections.save(
                            codeFlow.connected(code, provider, integration, flow, values, granted),
                            flow.requester(),
                            flow.wantedName());
                    flows.take(token, NO_BROWSER);
                    yield new Look.Connected(connection, flow.requester());
                } catch (FlowRefusedException e) {
                    boolean mayAskAgain = answered.answer() instanceof TokenAnswer.Unavailable;
                    if (!mayAskAgain && flows.take(token, NO_BROWSER) instanceof AuthorizationFlows.Taken.Flow) {
                        yield new Look.Refused(flow, e);
                    }
                    throw e;
                }
            }
        };
    }

    private static CodeGrant code(Provider provider) {
        return provider.auth()
                .facts()
                .deviceGrant()
                .orElseThrow(() -> new FlowRefusedException(
                        "invalid_auth_mode", provider.name() + " issues no codes to enter on another device."));
    }

    private static String text(JsonNode answer, String name) {
        String text = answer.path(name).asString("");
        return text.length() <= LONGEST_TEXT ? text : "";
    }

    /** It is shown as a link. */
    public static boolean isPage(String address) {
        return Environment.isWebAddress(address);
    }
}
