package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Azure Key Vault, {@code wrapkey} and {@code unwrapkey} of an RSA key with RSA-OAEP-256 (REST API version 7.4). */
record AzureKeyVault(KeyAddress.Azure key, Calls calls, Supplier<Secret> token) implements KeyService {
    private static final String VERSION = "?api-version=7.4";
    private static final String ALGORITHM = "RSA-OAEP-256";

    @Override
    public byte[] wrap(byte[] master) {
        Calls.Answer newest = good(calls.get(URI.create(key.key() + VERSION), authorization()));
        JsonNode made = call(ours(newest.json().at("/key/kid").asString("")), "wrapkey", encode(master));
        // A key is unwrapped by the version that wrapped it, which nothing in the ciphertext names.
        return Json.MAPPER.writeValueAsBytes(Json.MAPPER
                .createObjectNode()
                .put("kid", made.path("kid").asString(""))
                .put("value", made.path("value").asString("")));
    }

    @Override
    public byte[] unwrap(byte[] wrapped) {
        JsonNode stored;
        try {
            stored = Json.MAPPER.readTree(wrapped);
        } catch (JacksonException e) {
            throw Refusal.FOREIGN.of(key, "not by Azure Key Vault");
        }
        JsonNode opened = call(
                ours(stored.path("kid").asString("")),
                "unwrapkey",
                stored.path("value").asString(""));
        try {
            return Base64.getUrlDecoder().decode(opened.path("value").asString(""));
        } catch (IllegalArgumentException e) {
            throw Refusal.OTHER.of(key, "no value");
        }
    }

    /** The access token goes to versions of the configured key only, whatever the database or the vault says. */
    private String ours(String kid) {
        if (!kid.matches("(?i)\\Q" + key.key() + "\\E/[A-Za-z0-9]{1,64}")) {
            throw Refusal.FOREIGN.of(key, "another key");
        }
        return kid;
    }

    private JsonNode call(String kid, String action, String value) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("alg", ALGORITHM).put("value", value);
        return good(calls.post(URI.create(kid + "/" + action + VERSION), authorization(), body))
                .json();
    }

    private Calls.Answer good(Calls.Answer answer) {
        if (!answer.isGood()) {
            throw refusal(answer);
        }
        return answer;
    }

    private ConfigurationException refusal(Calls.Answer answer) {
        String code = answer.word("/error/innererror/code", "/error/code");
        Refusal why = switch (code) {
            case "Unauthorized" -> Refusal.UNKNOWN_IDENTITY;
            case "KeyNotFound", "VaultNotFound" -> Refusal.MISSING;
            case "KeyDisabled", "KeyExpired", "KeyNotYetValid" -> Refusal.DISABLED;
            case "BadParameter" -> Refusal.FOREIGN;
            default ->
                switch (answer.status()) {
                    case 401 -> Refusal.UNKNOWN_IDENTITY;
                    case 403 -> Refusal.DENIED;
                    case 404 -> Refusal.MISSING;
                    default -> Refusal.OTHER;
                };
        };
        return why.of(key, code);
    }

    private Map<String, String> authorization() {
        return Map.of("authorization", "Bearer " + token.get().reveal());
    }

    private static String encode(byte[] bytes) {
        return new String(Base64.getUrlEncoder().withoutPadding().encode(bytes), StandardCharsets.US_ASCII);
    }
}
