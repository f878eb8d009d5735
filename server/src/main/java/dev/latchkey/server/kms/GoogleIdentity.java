package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.JsonWebToken;
import java.net.URI;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * An access token for Google Cloud KMS: of the service account whose key file is in the settings (RFC 7523 section 2.1), otherwise of the
 * machine's, from the metadata server (Compute Engine, GKE, Cloud Run).
 */
record GoogleIdentity(
        KeyAddress.Google key, Calls calls, Optional<Secret> given, Platform platform, InstantSource clock)
        implements Supplier<Secret> {
    private static final int SECONDS = 600;

    @Override
    public Secret get() {
        Calls.Answer answer = given.map(this::ofServiceAccount).orElseGet(this::ofMachine);
        String token = answer.json().path("access_token").asString("");
        if (!answer.isGood() || token.isEmpty()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, answer.word("/error"));
        }
        return new Secret(token);
    }

    private Calls.Answer ofMachine() {
        return calls.get(
                URI.create("http://"
                        + platform.variable("GCE_METADATA_HOST").orElse("metadata.google.internal")
                        + "/computeMetadata/v1/instance/service-accounts/default/token"),
                Map.of("metadata-flavor", "Google"));
    }

    private Calls.Answer ofServiceAccount(Secret file) {
        JsonNode account = read(file);
        String issuer = account.path("client_email").asString("");
        String tokens = account.path("token_uri").asString("https://oauth2.googleapis.com/token");
        long now = clock.instant().getEpochSecond();
        ObjectNode claims = Json.MAPPER
                .createObjectNode()
                .put("iss", issuer)
                .put("scope", "https://www.googleapis.com/auth/cloudkms")
                .put("aud", tokens)
                .put("iat", now)
                .put("exp", now + SECONDS);
        Secret assertion;
        try {
            assertion = JsonWebToken.sign(
                    "RS256",
                    new Secret(account.path("private_key").asString("")),
                    "pem",
                    Map.of("kid", account.path("private_key_id").asString("")),
                    claims);
        } catch (IllegalArgumentException e) {
            throw wrong();
        }
        return calls.form(
                URI.create(tokens),
                Map.of("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", assertion.reveal()));
    }

    private static JsonNode read(Secret file) {
        try {
            JsonNode account = Json.MAPPER.readTree(file.reveal());
            if (account.path("client_email").asString("").isEmpty()) {
                throw wrong();
            }
            return account;
        } catch (JacksonException e) {
            // Its message would quote the key.
            throw wrong();
        }
    }

    private static ConfigurationException wrong() {
        return new ConfigurationException(
                "LATCHKEY_ENCRYPTION_KMS_CREDENTIALS must be the JSON key file of a service account for a Google key, or absent where the machine has one.");
    }
}
