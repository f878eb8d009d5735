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
import tools.jackson.databind.node.ObjectNode;

/** Google Cloud KMS, {@code encrypt} and {@code decrypt} of a symmetric key (REST v1). */
record GoogleKms(KeyAddress.Google key, Calls calls, Supplier<Secret> token) implements KeyService {
    private static final String BOUND_TO =
            Base64.getEncoder().encodeToString("latchkey master key".getBytes(StandardCharsets.UTF_8));

    @Override
    public byte[] wrap(byte[] master) {
        return call("encrypt", "plaintext", master, "ciphertext");
    }

    @Override
    public byte[] unwrap(byte[] wrapped) {
        return call("decrypt", "ciphertext", wrapped, "plaintext");
    }

    private byte[] call(String action, String member, byte[] content, String result) {
        URI uri = key.endpoint().resolve("/v1/" + key.key() + ":" + action);
        ObjectNode body = Json.MAPPER
                .createObjectNode()
                .put(member, Base64.getEncoder().encodeToString(content))
                .put("additionalAuthenticatedData", BOUND_TO);
        Calls.Answer answer =
                calls.post(uri, Map.of("authorization", "Bearer " + token.get().reveal()), body);
        if (!answer.isGood()) {
            throw refusal(answer, action);
        }
        try {
            return Base64.getDecoder().decode(answer.json().path(result).asString(""));
        } catch (IllegalArgumentException e) {
            throw Refusal.OTHER.of(key, "no " + result);
        }
    }

    private ConfigurationException refusal(Calls.Answer answer, String action) {
        String status = answer.word("/error/status");
        Refusal why = switch (status) {
            case "PERMISSION_DENIED" -> Refusal.DENIED;
            case "UNAUTHENTICATED" -> Refusal.UNKNOWN_IDENTITY;
            case "NOT_FOUND" -> Refusal.MISSING;
            case "FAILED_PRECONDITION" -> Refusal.DISABLED;
            case "INVALID_ARGUMENT" -> action.equals("decrypt") ? Refusal.FOREIGN : Refusal.OTHER;
            default -> Refusal.OTHER;
        };
        return why.of(key, status);
    }
}
