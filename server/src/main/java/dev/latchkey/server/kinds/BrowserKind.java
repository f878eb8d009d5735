package dev.latchkey.server.kinds;

/** A kind whose users are sent to the provider's own page, which sends a callback. */
public sealed interface BrowserKind extends Kind
        permits OAuth2CodeKind, OAuth1Kind, AppInstallationKind, McpKind, PluginInstallKind {}
