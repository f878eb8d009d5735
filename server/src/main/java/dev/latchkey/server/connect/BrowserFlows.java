package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.AppInstallationKind;
import dev.latchkey.server.kinds.BrowserKind;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.kinds.McpKind;
import dev.latchkey.server.kinds.OAuth1Kind;
import dev.latchkey.server.kinds.OAuth2CodeKind;
import dev.latchkey.server.kinds.PluginInstallKind;
import java.net.URI;
import java.util.Map;

/** The flows that lead through a browser, by kind. Thread-safe. */
public final class BrowserFlows {
    private final OAuth2CodeFlow code;
    private final OAuth1Flow oauth1;
    private final InstallationFlow installation;
    private final McpFlow mcp;
    private final PluginInstallFlow plugin;

    public BrowserFlows(
            OAuth2CodeFlow code,
            OAuth1Flow oauth1,
            InstallationFlow installation,
            McpFlow mcp,
            PluginInstallFlow plugin) {
        this.plugin = plugin;
        this.code = code;
        this.oauth1 = oauth1;
        this.installation = installation;
        this.mcp = mcp;
    }

    /**
     * Stores the flow and builds the URL to send the browser to.
     *
     * @param browser the value of the cookie that binds the flow to this browser
     * @throws FlowRefusedException when something is missing or not allowed
     */
    public URI begin(Provider provider, Integration integration, FlowStart start, String browser, URI redirectUri) {
        return switch (byBrowser(provider)) {
            case OAuth2CodeKind it -> code.begin(it.auth().grant(), provider, integration, start, browser, redirectUri);
            case OAuth1Kind it -> oauth1.begin(it, provider, integration, start, browser, redirectUri);
            case AppInstallationKind it -> installation.begin(it, provider, integration, start, browser, redirectUri);
            case McpKind it -> mcp.begin(it, provider, integration, start, browser, redirectUri);
            case PluginInstallKind it -> plugin.begin(it, provider, integration, start, browser, redirectUri);
        };
    }

    /**
     * From the callback to the connection, or to what the user has to choose first.
     *
     * @throws FlowRefusedException when the user or the provider refused, or the callback cannot be trusted
     */
    public NewConnections.Saved finish(
            Provider provider, Integration integration, AuthorizationFlow flow, Map<String, String> callback) {
        return switch (byBrowser(provider)) {
            case OAuth2CodeKind it -> code.finish(it.auth().grant(), provider, integration, flow, callback);
            case OAuth1Kind it -> oauth1.finish(it, provider, integration, flow, callback);
            case AppInstallationKind it -> installation.finish(it, provider, integration, flow, callback);
            case McpKind it -> mcp.finish(it, provider, integration, flow, callback);
            case PluginInstallKind it -> plugin.finish(it, provider, integration, flow, callback);
        };
    }

    /** The name under which a callback's flow is stored; empty if the callback names none. */
    public static String state(Map<String, String> callback) {
        String requestToken = callback.getOrDefault("oauth_token", callback.getOrDefault("denied", ""));
        return callback.containsKey("state") || requestToken.isEmpty()
                ? callback.getOrDefault("state", "")
                : OAuth1Flow.state(requestToken);
    }

    private static BrowserKind byBrowser(Provider provider) {
        if (Kinds.of(provider.auth()) instanceof BrowserKind kind) {
            return kind;
        }
        throw new FlowRefusedException(
                "invalid_auth_mode",
                provider.name() + " is connected by " + provider.auth().facts().mode() + ", which needs no window.");
    }
}
