package dev.latchkey.server.kms;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.GeneralSecurityException;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Azure Key Vault, Entra ID's token endpoint and the metadata service of a machine. */
final class AzureKeeper implements Keeper {
    private final HeldKey key = new HeldKey();
    private final StandIn server = new StandIn(this::answer);
    private volatile @Nullable Refusal refusal;

    @Override
    public String address() {
        return "azure:" + server.address() + "/keys/latchkey?authority=" + server.address()
                + "&resource=https://vault.azure.net";
    }

    String server() {
        return server.address();
    }

    @Override
    public String credentials() {
        return "tenant-1:client-1:se:cr~et";
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
            case UNKNOWN_IDENTITY -> Optional.of("tenant-1:client-1:another");
            case DENIED, MISSING, DISABLED -> Optional.of(credentials());
            case OTHER -> Optional.empty();
        };
    }

    private StandIn.Response answer(StandIn.Request request) throws GeneralSecurityException {
        String path = request.uri().getPath();
        if (path.equals("/tenant-1/oauth2/v2.0/token")) {
            return token(request.form());
        }
        if (path.equals("/metadata/identity/oauth2/token")) {
            assertThat(request.header("metadata")).isEqualTo("true");
            assertThat(request.uri().getQuery()).isEqualTo("api-version=2018-02-01&resource=https://vault.azure.net");
            return new StandIn.Response(200, "{\"access_token\": \"eyJ.machine\", \"token_type\": \"Bearer\"}");
        }
        assertThat(request.uri().getQuery()).isEqualTo("api-version=7.4");
        assertThat(request.header("authorization")).startsWith("Bearer eyJ.");
        Refusal why = refusal;
        if (why == Refusal.DENIED) {
            return error(403, "Forbidden", "ForbiddenByRbac");
        }
        if (why == Refusal.MISSING) {
            return error(404, "KeyNotFound", "");
        }
        if (why == Refusal.DISABLED) {
            return error(403, "Forbidden", "KeyDisabled");
        }
        if (request.method().equals("GET")) {
            assertThat(path).isEqualTo("/keys/latchkey");
            return new StandIn.Response(
                    200,
                    "{\"key\": {\"kid\": \"" + kid() + "\", \"kty\": \"RSA\"}, \"attributes\": {\"enabled\": true}}");
        }
        return crypt(path, request.json());
    }

    private String kid() {
        return server.address() + "/keys/latchkey/" + "0698c2156c1a4e1da5b6bab6f6422f" + (10 + key.newest());
    }

    private StandIn.Response crypt(String path, JsonNode body) throws GeneralSecurityException {
        assertThat(body.path("alg").asString("")).isEqualTo("RSA-OAEP-256");
        byte[] value = Base64.getUrlDecoder().decode(body.path("value").asString(""));
        if (path.endsWith("/wrapkey")) {
            assertThat(server.address() + path).isEqualTo(kid() + "/wrapkey");
            return result(key.encrypt(value, ""));
        }
        assertThat(path).matches("/keys/latchkey/0698c2156c1a4e1da5b6bab6f6422f\\d\\d/unwrapkey");
        assertThat(path).as("by the version that wrapped").contains("f" + (10 + value[0]) + "/");
        try {
            return result(key.decrypt(value, ""));
        } catch (GeneralSecurityException e) {
            return error(400, "BadParameter", "");
        }
    }

    private StandIn.Response result(byte[] value) {
        return new StandIn.Response(
                200,
                "{\"kid\": \"" + kid() + "\", \"value\": \""
                        + Base64.getUrlEncoder().withoutPadding().encodeToString(value) + "\"}");
    }

    private static StandIn.Response token(Map<String, String> form) {
        assertThat(form)
                .containsEntry("grant_type", "client_credentials")
                .containsEntry("client_id", "client-1")
                .containsEntry("scope", "https://vault.azure.net/.default");
        boolean known = "se:cr~et".equals(form.get("client_secret"))
                || "urn:ietf:params:oauth:client-assertion-type:jwt-bearer".equals(form.get("client_assertion_type"))
                        && "token-of-the-pod".equals(form.get("client_assertion"));
        return known
                ? new StandIn.Response(200, "{\"access_token\": \"eyJ.app\", \"token_type\": \"Bearer\"}")
                : new StandIn.Response(401, "{\"error\": \"invalid_client\"}");
    }

    private static StandIn.Response error(int status, String code, String inner) {
        return new StandIn.Response(
                status,
                "{\"error\": {\"code\": \"" + code + "\", \"message\": \"no\", \"innererror\": {\"code\": \"" + inner
                        + "\"}}}");
    }

    @Override
    public void close() {
        server.close();
    }
}
