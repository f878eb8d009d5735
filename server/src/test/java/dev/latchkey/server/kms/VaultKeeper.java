package dev.latchkey.server.kms;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.GeneralSecurityException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The transit secrets engine and AppRole of HashiCorp Vault. */
final class VaultKeeper implements Keeper {
    private final HeldKey key = new HeldKey();
    private final StandIn server = new StandIn(this::answer);
    private volatile @Nullable Refusal refusal;

    @Override
    public String address() {
        return "vault:" + server.address() + "/v1/transit/keys/latchkey?namespace=team-a";
    }

    @Override
    public String credentials() {
        return "hvs.of-latchkey";
    }

    static String appRole() {
        return "role-1:secret-1";
    }

    @Override
    public boolean rotate() {
        key.rotate();
        return true;
    }

    @Override
    public void disableOlder() {
        key.disableOlder();
    }

    @Override
    public Optional<String> refuse(Refusal why) {
        refusal = why;
        return switch (why) {
            case AWAY -> {
                server.leave();
                yield Optional.of(credentials());
            }
            case FOREIGN -> {
                key.replace();
                yield Optional.of(credentials());
            }
            case UNKNOWN_IDENTITY -> Optional.of("role-1:another");
            case DENIED, MISSING -> Optional.of(credentials());
            // A key of Vault has no such state: its versions are left out by min_decryption_version.
            case DISABLED, OTHER -> Optional.empty();
        };
    }

    int requests() {
        return server.requests();
    }

    private StandIn.Response answer(StandIn.Request request) throws GeneralSecurityException {
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.header("x-vault-request")).isEqualTo("true");
        assertThat(request.header("x-vault-namespace")).isEqualTo("team-a");
        JsonNode body = request.json();
        String path = request.uri().getPath();
        if (path.equals("/v1/auth/approle/login")) {
            assertThat(request.header("x-vault-token")).isEmpty();
            return body.path("role_id").asString("").equals("role-1")
                            && body.path("secret_id").asString("").equals("secret-1")
                    ? new StandIn.Response(200, "{\"auth\": {\"client_token\": \"hvs.of-role\", \"renewable\": true}}")
                    : error(400, "invalid role or secret ID");
        }
        if (!request.header("x-vault-token").matches("hvs\\.of-(latchkey|role)") || refusal == Refusal.DENIED) {
            return error(403, "permission denied");
        }
        if (refusal == Refusal.MISSING) {
            return error(400, "encryption key not found");
        }
        return switch (path) {
            case "/v1/transit/encrypt/latchkey" ->
                data(
                        "ciphertext",
                        "vault:v" + key.newest() + ":"
                                + AwsKeeper.base64(key.encrypt(AwsKeeper.bytes(body, "plaintext"), "")));
            case "/v1/transit/decrypt/latchkey" ->
                decrypt(body.path("ciphertext").asString(""));
            default -> throw new AssertionError(path);
        };
    }

    private StandIn.Response decrypt(String ciphertext) {
        assertThat(ciphertext).matches("vault:v\\d+:.+");
        try {
            byte[] sealed = java.util.Base64.getDecoder().decode(ciphertext.split(":", 3)[2]);
            return data("plaintext", AwsKeeper.base64(key.decrypt(sealed, "")));
        } catch (GeneralSecurityException e) {
            return error(400, "cipher: message authentication failed");
        }
    }

    private static StandIn.Response data(String member, String value) {
        return new StandIn.Response(200, "{\"data\": {\"" + member + "\": \"" + value + "\"}}");
    }

    private static StandIn.Response error(int status, String message) {
        return new StandIn.Response(status, "{\"errors\": [\"" + message + "\"]}");
    }

    @Override
    public void close() {
        server.close();
    }
}
