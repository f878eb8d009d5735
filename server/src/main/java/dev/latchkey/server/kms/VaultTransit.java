package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * The transit secrets engine of HashiCorp Vault or OpenBao.
 *
 * @param given a token, or {@code ROLE_ID:SECRET_ID} of AppRole
 */
record VaultTransit(KeyAddress.Transit key, Calls calls, Optional<Secret> given) implements KeyService {
    @Override
    public byte[] wrap(byte[] master) {
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put("plaintext", Base64.getEncoder().encodeToString(master));
        return call("encrypt", body, "/data/ciphertext").getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public byte[] unwrap(byte[] wrapped) {
        ObjectNode body = Json.MAPPER.createObjectNode().put("ciphertext", new String(wrapped, StandardCharsets.UTF_8));
        try {
            return Base64.getDecoder().decode(call("decrypt", body, "/data/plaintext"));
        } catch (IllegalArgumentException e) {
            throw Refusal.OTHER.of(key, "no plaintext");
        }
    }

    private String call(String action, ObjectNode body, String result) {
        Calls.Answer answer = post(key.mount() + "/" + action + "/" + key.key(), Optional.of(token()), body);
        String made = answer.json().at(result).asString("");
        if (!answer.isGood() || made.isEmpty()) {
            throw refusal(answer, action);
        }
        return made;
    }

    private Secret token() {
        Secret credentials = given.orElseThrow(
                () -> new ConfigurationException(
                        "LATCHKEY_ENCRYPTION_KMS_CREDENTIALS must be a token or ROLE_ID:SECRET_ID for a Vault key; _FILE may name the file that a Vault agent keeps."));
        String[] role = credentials.reveal().split(":", 2);
        if (role.length < 2) {
            return credentials;
        }
        Calls.Answer answer = post(
                "auth/approle/login",
                Optional.empty(),
                Json.MAPPER.createObjectNode().put("role_id", role[0]).put("secret_id", role[1]));
        String token = answer.json().at("/auth/client_token").asString("");
        if (!answer.isGood() || token.isEmpty()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, answer.word("/errors/0"));
        }
        return new Secret(token);
    }

    private Calls.Answer post(String path, Optional<Secret> token, ObjectNode body) {
        Map<String, String> headers = new LinkedHashMap<>(Map.of("x-vault-request", "true"));
        token.ifPresent(word -> headers.put("x-vault-token", word.reveal()));
        key.namespace().ifPresent(name -> headers.put("x-vault-namespace", name));
        return calls.post(key.server().resolve("/v1/" + path), headers, body);
    }

    private ConfigurationException refusal(Calls.Answer answer, String action) {
        String error = answer.word("/errors/0");
        Refusal why = switch (answer.status()) {
            // For an unknown token as for a missing policy.
            case 403 ->
                error.contains("bad token") || error.contains("invalid token")
                        ? Refusal.UNKNOWN_IDENTITY
                        : Refusal.DENIED;
            case 404 -> Refusal.MISSING;
            case 400 ->
                error.contains("key not found")
                        ? Refusal.MISSING
                        : action.equals("decrypt") ? Refusal.FOREIGN : Refusal.OTHER;
            default -> Refusal.OTHER;
        };
        return why.of(key, error);
    }
}
