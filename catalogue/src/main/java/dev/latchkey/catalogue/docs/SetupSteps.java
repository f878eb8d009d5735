package dev.latchkey.catalogue.docs;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Provider;
import java.util.List;
import java.util.Optional;

/** What must be done once before users can connect: a definition's own steps, or those that follow from its kind. */
public final class SetupSteps {
    private static final String CREATE = "Create the integration; there is nothing to register at the vendor's.";

    private SetupSteps() {}

    public static Provider.Setup of(Provider provider) {
        if (!provider.setup().steps().isEmpty()) {
            return provider.setup();
        }
        return new Provider.Setup(
                provider.setup().page().or(() -> Optional.of(provider.docs())), steps(provider.auth()));
    }

    private static List<String> steps(Auth auth) {
        return switch (auth) {
            case Auth.OAuth2Code code ->
                List.of(
                        "Register an app at the vendor's.",
                        "Enter " + Provider.Setup.CALLBACK + " as its redirect URL, and choose the scopes.",
                        "Create the integration with the app's client id and client secret.");
            case Auth.OAuth1 oauth1 ->
                List.of(
                        "Register an app at the vendor's.",
                        "Enter " + Provider.Setup.CALLBACK + " as its callback URL.",
                        "Create the integration with the consumer key as client id and the consumer secret as client secret.");
            case Auth.AppInstallation app ->
                List.of(
                        "Register an app at the vendor's, with " + Provider.Setup.CALLBACK
                                + " as its callback and setup URL.",
                        "Create the integration with the app's id, its public link and its private key.");
            case Auth.Mcp mcp ->
                switch (mcp.registration()) {
                    case STATIC ->
                        List.of(
                                "Register an app at the vendor's with the redirect URL " + Provider.Setup.CALLBACK
                                        + ".",
                                "Create the integration with the app's client id and client secret.");
                    case METADATA_URL, DYNAMIC, DISCOVER ->
                        List.of("Create the integration; Latchkey registers itself at the MCP server.");
                };
            case Auth.PluginInstall plugin ->
                List.of(
                        "Register an app at the vendor's with the redirect URL " + Provider.Setup.CALLBACK + ".",
                        "Create the integration with the app's client id and client secret.");
            case Auth.OAuth2Client client ->
                List.of(CREATE, "Each user makes a client of their own and enters its id and secret.");
            case Auth.OAuth1Static fixed -> List.of(CREATE, "Each user enters tokens that the vendor issued to them.");
            case Auth.ApiKey key -> List.of(CREATE, "Each user enters a key of their own.");
            case Auth.Basic basic -> List.of(CREATE, "Each user enters what is asked below.");
            case Auth.NoAuth none -> List.of(CREATE);
            case Auth.SignedToken token ->
                List.of(CREATE, "Each user enters a key of their own; Latchkey signs tokens with it.");
            case Auth.Exchange exchange ->
                List.of(CREATE, "Each user enters what is asked below; Latchkey gets tokens for it.");
            case Auth.AwsRole role ->
                List.of(CREATE, "Each user makes a role that trusts your AWS account, with an external id.");
            case Auth.Datastore datastore ->
                List.of(
                        CREATE,
                        "Each user enters a connection string, or its parts.",
                        "Databases at private addresses are reached only if LATCHKEY_EGRESS_ALLOW names them.");
        };
    }
}
