package dev.latchkey.server.kms;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** AWS KMS, STS and the endpoints that give a platform's credentials. Signatures are computed here with the JDK, by AWS's description of SigV4. */
final class AwsKeeper implements Keeper {
    static final String ROLE = "arn:aws:iam::111122223333:role/latchkey";
    private static final String ARN = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    private static final Pattern AUTHORIZATION = Pattern.compile(
            "AWS4-HMAC-SHA256 Credential=([^/]+)/(\\d{8})/eu-central-1/kms/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})");

    private final HeldKey key = new HeldKey();
    /** Secrets by access key. */
    private final Map<String, String> users = new ConcurrentHashMap<>(Map.of("AKIAEXAMPLE", "the/secret+of=it"));
    /** Session tokens by access key. */
    private final Map<String, String> sessions = new ConcurrentHashMap<>();

    private final StandIn server = new StandIn(this::answer);
    private volatile @Nullable Refusal refusal;

    @Override
    public String address() {
        return "aws:" + ARN + "?endpoint=" + server.address();
    }

    String server() {
        return server.address();
    }

    @Override
    public String credentials() {
        return "AKIAEXAMPLE:the/secret+of=it";
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
            case UNKNOWN_IDENTITY -> Optional.of("AKIAEXAMPLE:another");
            case DENIED, MISSING, DISABLED -> Optional.of(credentials());
            case OTHER -> Optional.empty();
        };
    }

    private StandIn.Response answer(StandIn.Request request) throws GeneralSecurityException {
        return switch (request.uri().getPath()) {
            case "/" -> request.header("x-amz-target").isEmpty() ? assume(request) : kms(request);
            case "/container" -> {
                assertThat(request.header("authorization")).isEqualTo("container-token");
                yield platformKeys();
            }
            case "/latest/api/token" -> {
                assertThat(request.method()).isEqualTo("PUT");
                assertThat(request.header("x-aws-ec2-metadata-token-ttl-seconds"))
                        .isNotEmpty();
                yield new StandIn.Response(200, "session-of-imds");
            }
            case "/latest/meta-data/iam/security-credentials/" -> imds(request, new StandIn.Response(200, "the-role"));
            case "/latest/meta-data/iam/security-credentials/the-role" -> imds(request, platformKeys());
            default -> throw new AssertionError(request.uri());
        };
    }

    private static StandIn.Response imds(StandIn.Request request, StandIn.Response response) {
        assertThat(request.header("x-aws-ec2-metadata-token")).isEqualTo("session-of-imds");
        return response;
    }

    private StandIn.Response platformKeys() {
        users.put("ASIAPLATFORM", "temporary");
        sessions.put("ASIAPLATFORM", "session");
        return new StandIn.Response(
                200,
                "{\"AccessKeyId\": \"ASIAPLATFORM\", \"SecretAccessKey\": \"temporary\", \"Token\": \"session\", \"Expiration\": \"2036-01-01T00:00:00Z\"}");
    }

    private StandIn.Response assume(StandIn.Request request) {
        Map<String, String> form = request.form();
        assertThat(form)
                .containsEntry("Action", "AssumeRoleWithWebIdentity")
                .containsEntry("Version", "2011-06-15")
                .containsEntry("RoleArn", ROLE)
                .containsEntry("WebIdentityToken", "token-of-the-pod")
                .containsKey("RoleSessionName");
        assertThat(request.header("authorization")).isEmpty();
        platformKeys();
        return new StandIn.Response(
                200,
                "{\"AssumeRoleWithWebIdentityResponse\": {\"AssumeRoleWithWebIdentityResult\": {\"Credentials\": {\"AccessKeyId\": \"ASIAPLATFORM\", \"SecretAccessKey\": \"temporary\", \"SessionToken\": \"session\", \"Expiration\": 2.1E9}}}}");
    }

    private StandIn.Response kms(StandIn.Request request) throws GeneralSecurityException {
        assertThat(request.method()).isEqualTo("POST");
        assertThat(request.header("content-type")).isEqualTo("application/x-amz-json-1.1");
        if (!isSigned(request)) {
            return error("InvalidSignatureException");
        }
        Refusal why = refusal;
        if (why == Refusal.DENIED) {
            return error("AccessDeniedException");
        }
        if (why == Refusal.MISSING) {
            return error("com.amazonaws.kms#NotFoundException");
        }
        if (why == Refusal.DISABLED) {
            return error("KMSInvalidStateException");
        }
        JsonNode body = request.json();
        assertThat(body.path("KeyId").asString("")).isEqualTo(ARN);
        String context = body.path("EncryptionContext").toString();
        assertThat(context).isEqualTo("{\"latchkey\":\"master-key\"}");
        return switch (request.header("x-amz-target")) {
            case "TrentService.Encrypt" ->
                new StandIn.Response(
                        200,
                        "{\"CiphertextBlob\": \"" + base64(key.encrypt(bytes(body, "Plaintext"), context))
                                + "\", \"KeyId\": \"" + ARN + "\", \"EncryptionAlgorithm\": \"SYMMETRIC_DEFAULT\"}");
            case "TrentService.Decrypt" -> {
                try {
                    yield new StandIn.Response(
                            200,
                            "{\"Plaintext\": \"" + base64(key.decrypt(bytes(body, "CiphertextBlob"), context))
                                    + "\", \"KeyId\": \"" + ARN + "\"}");
                } catch (GeneralSecurityException e) {
                    yield error("InvalidCiphertextException");
                }
            }
            default -> throw new AssertionError(request.header("x-amz-target"));
        };
    }

    private static StandIn.Response error(String type) {
        return new StandIn.Response(400, "{\"__type\": \"" + type + "\", \"message\": \"no\"}");
    }

    private boolean isSigned(StandIn.Request request) throws GeneralSecurityException {
        Matcher authorization = AUTHORIZATION.matcher(request.header("authorization"));
        assertThat(authorization.matches()).as(request.header("authorization")).isTrue();
        List<String> names = List.of(authorization.group(3).split(";"));
        assertThat(names)
                .contains("host", "x-amz-date", "x-amz-target", "content-type")
                .isSorted();
        String session = sessions.get(authorization.group(1));
        if (session != null) {
            assertThat(names).contains("x-amz-security-token");
            assertThat(request.header("x-amz-security-token")).isEqualTo(session);
        }
        String date = request.header("x-amz-date");
        assertThat(date).startsWith(authorization.group(2));
        String headers = names.stream()
                .map(name -> name + ":" + request.header(name).strip() + "\n")
                .collect(Collectors.joining());
        String canonical =
                String.join("\n", request.method(), "/", "", headers, authorization.group(3), sha256(request.body()));
        String scope = authorization.group(2) + "/eu-central-1/kms/aws4_request";
        String text =
                String.join("\n", "AWS4-HMAC-SHA256", date, scope, sha256(canonical.getBytes(StandardCharsets.UTF_8)));
        byte[] derived = ("AWS4" + users.getOrDefault(authorization.group(1), "")).getBytes(StandardCharsets.UTF_8);
        for (String part : Arrays.asList(authorization.group(2), "eu-central-1", "kms", "aws4_request", text)) {
            derived = hmac(derived, part);
        }
        return HexFormat.of().formatHex(derived).equals(authorization.group(4));
    }

    private static byte[] hmac(byte[] key, String text) throws GeneralSecurityException {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(key, "HmacSHA256"));
        return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String sha256(byte[] bytes) throws GeneralSecurityException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    }

    static byte[] bytes(JsonNode body, String member) {
        return Base64.getDecoder().decode(body.path(member).asString(""));
    }

    static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }

    @Override
    public void close() {
        server.close();
    }
}
