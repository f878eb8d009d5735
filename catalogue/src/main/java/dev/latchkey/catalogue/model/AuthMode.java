package dev.latchkey.catalogue.model;

/** The name of each kind in the API ({@code auth_mode}), as Nango's clients know it. */
public final class AuthMode {
    private AuthMode() {}

    public static String of(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code -> "OAUTH2";
            case Auth.OAuth2Client client -> "OAUTH2_CC";
            case Auth.OAuth1 oauth1 -> "OAUTH1";
            case Auth.OAuth1Static fixed -> "TBA";
            case Auth.ApiKey key -> "API_KEY";
            case Auth.Basic basic -> "BASIC";
            case Auth.NoAuth none -> "NONE";
            case Auth.SignedToken token -> token.algorithm().equals("WSSE") ? "SIGNATURE" : "JWT";
            case Auth.Exchange exchange -> exchange.mode().orElse("TWO_STEP");
            case Auth.AppInstallation app -> app.user().isPresent() ? "CUSTOM" : "APP";
            case Auth.AwsRole role -> "AWS_SIGV4";
            case Auth.Mcp mcp ->
                mcp.registration() == Auth.Mcp.Registration.DISCOVER ? "MCP_OAUTH2_GENERIC" : "MCP_OAUTH2";
            case Auth.PluginInstall install -> "INSTALL_PLUGIN";
            case Auth.Datastore datastore -> "DATASTORE";
        };
    }
}
