package dev.latchkey.lab;

import dev.latchkey.catalogue.model.Auth;

/** Which {@link Part} is a definition's. */
final class Parts {
    private Parts() {}

    static Part of(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code it -> new OAuth2CodePart(it.grant());
            case Auth.OAuth2Client it -> new OAuth2ClientPart(it.grant());
            case Auth.OAuth1 it -> new OAuth1Part(it.request(), it.authorize(), it.access(), it.signing());
            case Auth.OAuth1Static it -> new OAuth1StaticPart(it);
            case Auth.ApiKey it -> new ApiKeyPart();
            case Auth.Basic it -> new BasicPart();
            case Auth.Digest it -> new DigestPart();
            case Auth.NoAuth it -> new NoAuthPart();
            case Auth.SignedToken it -> new SignedTokenPart(it);
            case Auth.Exchange it -> new ExchangePart(it);
            case Auth.AppInstallation it -> new AppInstallationPart(it);
            case Auth.AwsRole it -> new AwsRolePart(it);
            case Auth.Mcp it -> new McpPart(it);
            case Auth.PluginInstall it -> new PluginInstallPart(it);
            case Auth.Datastore it -> new DatastorePart();
        };
    }
}
