package dev.latchkey.server.kms;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.json.Json;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Google Cloud KMS, its token endpoint and the metadata server. */
final class GoogleKeeper implements Keeper {
    private static final String KEY = "projects/p/locations/europe-west3/keyRings/latchkey/cryptoKeys/master";
    private static final String ACCOUNT = "latchkey@p.iam.gserviceaccount.com";

    /** Making one takes long. */
    private static final KeyPair ANOTHER = pair();

    private static final KeyPair OF_ACCOUNT = pair();
    private final HeldKey key = new HeldKey();
    private final StandIn server = new StandIn(this::answer);
    private volatile @Nullable Refusal refusal;

    private static KeyPair pair() {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            return generator.generateKeyPair();
        } catch (GeneralSecurityException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    public String address() {
        return "google:" + KEY + "?endpoint=" + server.address();
    }

    String server() {
        return server.address();
    }

    @Override
    public String credentials() {
        return keyFile(OF_ACCOUNT);
    }

    private String keyFile(KeyPair pair) {
        return Json.MAPPER
                .createObjectNode()
                .put("type", "service_account")
                .put("client_email", ACCOUNT)
                .put("private_key_id", "k1")
                .put(
                        "private_key",
                        "-----BEGIN PRIVATE KEY-----\n"
                                + Base64.getMimeEncoder(64, new byte[] {'\n'})
                                        .encodeToString(pair.getPrivate().getEncoded())
                                + "\n-----END PRIVATE KEY-----\n")
                .put("token_uri", server.address() + "/token")
                .toString();
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
            case UNKNOWN_IDENTITY -> Optional.of(keyFile(ANOTHER));
            case DENIED, MISSING, DISABLED -> Optional.of(credentials());
            case OTHER -> Optional.empty();
        };
    }

    private StandIn.Response answer(StandIn.Request request) throws GeneralSecurityException {
        String path = request.uri().getPath();
        if (path.equals("/token")) {
            return isSigned(request)
                    ? new StandIn.Response(200, "{\"access_token\": \"ya29.of-account\", \"expires_in\": 3599}")
                    : new StandIn.Response(400, "{\"error\": \"invalid_grant\"}");
        }
        if (path.equals("/computeMetadata/v1/instance/service-accounts/default/token")) {
            assertThat(request.header("metadata-flavor")).isEqualTo("Google");
            return new StandIn.Response(200, "{\"access_token\": \"ya29.of-machine\", \"expires_in\": 3599}");
        }
        assertThat(path).startsWith("/v1/" + KEY + ":");
        assertThat(request.header("authorization")).matches("Bearer ya29\\.of-(account|machine)");
        Refusal why = refusal;
        if (why == Refusal.DENIED) {
            return error(403, "PERMISSION_DENIED");
        }
        if (why == Refusal.MISSING) {
            return error(404, "NOT_FOUND");
        }
        if (why == Refusal.DISABLED) {
            return error(400, "FAILED_PRECONDITION");
        }
        return crypt(path.substring(path.lastIndexOf(':') + 1), request.json());
    }

    private StandIn.Response crypt(String action, JsonNode body) throws GeneralSecurityException {
        String bound = body.path("additionalAuthenticatedData").asString("");
        assertThat(bound).isNotEmpty();
        return switch (action) {
            case "encrypt" ->
                new StandIn.Response(
                        200,
                        "{\"name\": \"" + KEY + "/cryptoKeyVersions/" + key.newest() + "\", \"ciphertext\": \""
                                + AwsKeeper.base64(key.encrypt(AwsKeeper.bytes(body, "plaintext"), bound)) + "\"}");
            case "decrypt" -> {
                try {
                    yield new StandIn.Response(
                            200,
                            "{\"plaintext\": \""
                                    + AwsKeeper.base64(key.decrypt(AwsKeeper.bytes(body, "ciphertext"), bound))
                                    + "\"}");
                } catch (GeneralSecurityException e) {
                    yield error(400, "INVALID_ARGUMENT");
                }
            }
            default -> throw new AssertionError(action);
        };
    }

    private static StandIn.Response error(int code, String status) {
        return new StandIn.Response(
                code, "{\"error\": {\"code\": " + code + ", \"message\": \"no\", \"status\": \"" + status + "\"}}");
    }

    /** RFC 7523 section 3, with the JDK. */
    private boolean isSigned(StandIn.Request request) throws GeneralSecurityException {
        Map<String, String> form = request.form();
        assertThat(form).containsEntry("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
        String[] token = form.getOrDefault("assertion", "").split("\\.", 3);
        JsonNode header = Json.MAPPER.readTree(Base64.getUrlDecoder().decode(token[0]));
        JsonNode claims = Json.MAPPER.readTree(Base64.getUrlDecoder().decode(token[1]));
        assertThat(header.path("alg").asString("")).isEqualTo("RS256");
        assertThat(header.path("kid").asString("")).isEqualTo("k1");
        assertThat(claims.path("iss").asString("")).isEqualTo(ACCOUNT);
        assertThat(claims.path("aud").asString("")).isEqualTo(server.address() + "/token");
        assertThat(claims.path("scope").asString("")).isEqualTo("https://www.googleapis.com/auth/cloudkms");
        assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isBetween(1L, 3600L);
        Signature signature = Signature.getInstance("SHA256withRSA");
        signature.initVerify(OF_ACCOUNT.getPublic());
        signature.update((token[0] + "." + token[1]).getBytes(StandardCharsets.US_ASCII));
        return signature.verify(Base64.getUrlDecoder().decode(token[2]));
    }

    @Override
    public void close() {
        server.close();
    }
}
