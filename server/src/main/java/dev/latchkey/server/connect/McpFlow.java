package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.McpKind;
import dev.latchkey.server.mcp.McpException;
import dev.latchkey.server.mcp.McpServers;
import dev.latchkey.server.tokens.ValuesOf;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/** MCP servers: discovery and registration, then the authorization code grant. Thread-safe. */
public final class McpFlow {
    private final McpServers servers;
    private final OAuth2CodeFlow code;

    public McpFlow(McpServers servers, OAuth2CodeFlow code) {
        this.servers = servers;
        this.code = code;
    }

    URI begin(
            McpKind kind,
            Provider provider,
            Integration integration,
            FlowStart start,
            String browser,
            URI redirectUri) {
        Integration client = start.client().over(integration);
        try {
            McpServers.Server server = servers.begin(
                    kind.auth(), new ValuesOf(client, start.config(), start.secrets(), Optional.empty()), redirectUri);
            ObjectNode config = start.config().deepCopy();
            server.issuer().ifPresent(issuer -> config.put(McpServers.ISSUER, issuer));
            FlowStart known = server.clientId().isPresent()
                    ? start.as(config, new ConnectionClient(server.clientId(), server.clientSecret()))
                    : start.as(config, start.client());
            return code.begin(server.code(), provider, integration, known, browser, redirectUri);
        } catch (McpException e) {
            throw refused(e);
        }
    }

    NewConnections.Saved finish(
            McpKind kind,
            Provider provider,
            Integration integration,
            AuthorizationFlow flow,
            Map<String, String> callback) {
        Integration client = flow.client().over(integration);
        String issuer = flow.config().path(McpServers.ISSUER).asString("");
        // RFC 9207: compared if present, whether or not it was promised.
        if (!issuer.isEmpty() && !callback.getOrDefault("iss", issuer).equals(issuer)) {
            throw new FlowRefusedException(
                    "issuer_mismatch",
                    "The response did not come from the authorization server that the request was sent to.");
        }
        try {
            CodeGrant found =
                    servers.again(kind.auth(), new ValuesOf(client, flow.config(), flow.secrets(), Optional.empty()));
            return code.finish(found, provider, integration, flow, callback);
        } catch (McpException e) {
            throw refused(e);
        }
    }

    private static FlowRefusedException refused(McpException e) {
        return new FlowRefusedException("mcp_discovery_failed", "The connection cannot begin: " + e.getMessage() + ".");
    }
}
