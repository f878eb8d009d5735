package dev.latchkey.server.kms;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.signing.AwsSignature;
import java.time.InstantSource;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import tools.jackson.databind.node.ObjectNode;

/** AWS KMS, {@code Encrypt} and {@code Decrypt} of a symmetric key (API version 2014-11-01), signed with SigV4. */
record AwsKms(KeyAddress.Aws key, Calls calls, Supplier<AwsSignature.Keys> identity, InstantSource clock)
        implements KeyService {
    private static final String TYPE = "application/x-amz-json-1.1";
    /** Bound to the ciphertext, and in CloudTrail: a key policy may require it. */
    private static final ObjectNode CONTEXT = Json.MAPPER.createObjectNode().put("latchkey", "master-key");

    @Override
    public byte[] wrap(byte[] master) {
        ObjectNode body = body().put("Plaintext", Base64.getEncoder().encodeToString(master));
        return bytes(call("Encrypt", body), "CiphertextBlob");
    }

    @Override
    public byte[] unwrap(byte[] wrapped) {
        ObjectNode body = body().put("CiphertextBlob", Base64.getEncoder().encodeToString(wrapped));
        return bytes(call("Decrypt", body), "Plaintext");
    }

    private ObjectNode body() {
        ObjectNode body = Json.MAPPER.createObjectNode().put("KeyId", key.key());
        body.set("EncryptionContext", CONTEXT);
        return body;
    }

    private Calls.Answer call(String action, ObjectNode content) {
        byte[] body = Json.MAPPER.writeValueAsBytes(content);
        Map<String, String> headers =
                new LinkedHashMap<>(Map.of("content-type", TYPE, "x-amz-target", "TrentService." + action));
        var uri = key.endpoint().resolve("/");
        headers.putAll(
                AwsSignature.headers(identity.get(), key.region(), "kms", "POST", uri, headers, body, clock.instant()));
        Calls.Answer answer = calls.post(uri, headers, TYPE, body);
        if (!answer.isGood()) {
            throw refusal(answer);
        }
        return answer;
    }

    private ConfigurationException refusal(Calls.Answer answer) {
        // "com.amazonaws.kms#NotFoundException", or without the namespace.
        String type = answer.word("/__type").replaceFirst("^.*#", "");
        Refusal why = switch (type) {
            case "AccessDeniedException", "AccessDenied" -> Refusal.DENIED;
            case "UnrecognizedClientException",
                    "InvalidSignatureException",
                    "IncompleteSignatureException",
                    "InvalidClientTokenId",
                    "MissingAuthenticationTokenException",
                    "ExpiredTokenException" -> Refusal.UNKNOWN_IDENTITY;
            case "NotFoundException" -> Refusal.MISSING;
            case "DisabledException", "KMSInvalidStateException" -> Refusal.DISABLED;
            case "InvalidCiphertextException", "IncorrectKeyException" -> Refusal.FOREIGN;
            default -> Refusal.OTHER;
        };
        return why.of(key, type);
    }

    private byte[] bytes(Calls.Answer answer, String member) {
        try {
            return Base64.getDecoder().decode(answer.json().path(member).asString(""));
        } catch (IllegalArgumentException e) {
            throw Refusal.OTHER.of(key, "no " + member);
        }
    }
}
