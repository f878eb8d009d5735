package dev.latchkey.server.kms;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;

/**
 * An access token for Azure Key Vault: of the application in the settings (RFC 6749 section 4.4), otherwise of a workload identity (AKS,
 * RFC 7523 section 2.2), otherwise of the machine's managed identity.
 *
 * @param given {@code TENANT_ID:CLIENT_ID:CLIENT_SECRET}
 */
record AzureIdentity(KeyAddress.Azure key, Calls calls, Optional<Secret> given, Platform platform)
        implements Supplier<Secret> {
    private static final String MACHINE = "http://169.254.169.254";

    @Override
    public Secret get() {
        Calls.Answer answer = given.map(this::ofApplication)
                .or(() -> platform.fileIn("AZURE_FEDERATED_TOKEN_FILE").map(this::ofWorkload))
                .orElseGet(this::ofMachine);
        String token = answer.json().path("access_token").asString("");
        if (!answer.isGood() || token.isEmpty()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, answer.word("/error"));
        }
        return new Secret(token);
    }

    private Calls.Answer ofApplication(Secret application) {
        String[] parts = application.reveal().split(":", 3);
        if (parts.length < 3) {
            throw new ConfigurationException(
                    "LATCHKEY_ENCRYPTION_KMS_CREDENTIALS must be TENANT_ID:CLIENT_ID:CLIENT_SECRET for an Azure key, or absent where the platform gives an identity.");
        }
        return token(parts[0], parts[1], Map.of("client_secret", parts[2]));
    }

    private Calls.Answer ofWorkload(Secret assertion) {
        return token(
                platform.variable("AZURE_TENANT_ID").orElse(""),
                platform.variable("AZURE_CLIENT_ID").orElse(""),
                Map.of(
                        "client_assertion_type",
                        "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                        "client_assertion",
                        assertion.reveal()));
    }

    private Calls.Answer token(String tenant, String client, Map<String, String> proof) {
        Map<String, String> fields = new TreeMap<>(proof);
        fields.put("grant_type", "client_credentials");
        fields.put("client_id", client);
        fields.put("scope", key.resource() + "/.default");
        return calls.form(key.authority().resolve("/" + PercentEncoding.strict(tenant) + "/oauth2/v2.0/token"), fields);
    }

    private Calls.Answer ofMachine() {
        String server = platform.variable("AZURE_POD_IDENTITY_AUTHORITY_HOST").orElse(MACHINE);
        // Of several identities of a machine, its variable names one.
        String client = platform.variable("AZURE_CLIENT_ID")
                .map(id -> "&client_id=" + PercentEncoding.strict(id))
                .orElse("");
        return calls.get(
                URI.create(server)
                        .resolve("/metadata/identity/oauth2/token?api-version=2018-02-01&resource="
                                + PercentEncoding.strict(key.resource()) + client),
                Map.of("metadata", "true"));
    }
}
