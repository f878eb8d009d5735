package dev.latchkey.server.kms;

import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.secrets.KeyAddress;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.AwsSignature;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import tools.jackson.databind.JsonNode;

/**
 * Who asks AWS KMS: the keys in the settings, otherwise what the platform gives, in the order of AWS's own clients: keys in variables, a
 * web identity (EKS), a container's endpoint (ECS, EKS Pod Identity), the instance's role (EC2, IMDSv2).
 *
 * @param given {@code ID:SECRET}, or {@code ID:SECRET:SESSION_TOKEN}
 */
record AwsIdentity(KeyAddress.Aws key, Calls calls, Optional<Secret> given, Platform platform)
        implements Supplier<AwsSignature.Keys> {
    private static final String CONTAINERS = "http://169.254.170.2";
    private static final String INSTANCE = "http://169.254.169.254";

    @Override
    public AwsSignature.Keys get() {
        if (given.isPresent()) {
            String[] parts = given.get().reveal().split(":", 3);
            if (parts.length < 2) {
                throw new ConfigurationException(
                        "LATCHKEY_ENCRYPTION_KMS_CREDENTIALS must be ACCESS_KEY_ID:SECRET_ACCESS_KEY for an AWS key, or absent where the platform gives a role.");
            }
            return keys(parts[0], parts[1], parts.length > 2 ? Optional.of(parts[2]) : Optional.empty());
        }
        Optional<String> id = platform.variable("AWS_ACCESS_KEY_ID");
        if (id.isPresent()) {
            return keys(
                    id.get(),
                    platform.variable("AWS_SECRET_ACCESS_KEY").orElse(""),
                    platform.variable("AWS_SESSION_TOKEN"));
        }
        return platform.fileIn("AWS_WEB_IDENTITY_TOKEN_FILE")
                .map(this::byWebIdentity)
                .or(this::ofContainer)
                .orElseGet(this::ofInstance);
    }

    private AwsSignature.Keys byWebIdentity(Secret token) {
        URI sts = URI.create(
                platform.variable("AWS_ENDPOINT_URL_STS").orElse("https://sts." + key.region() + "." + domain()));
        Calls.Answer answer = calls.form(
                sts.resolve("/"),
                Map.of(
                        "Action", "AssumeRoleWithWebIdentity",
                        "Version", "2011-06-15",
                        "RoleArn", platform.variable("AWS_ROLE_ARN").orElse(""),
                        "RoleSessionName",
                                platform.variable("AWS_ROLE_SESSION_NAME").orElse("latchkey"),
                        "WebIdentityToken", token.reveal()));
        if (!answer.isGood()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, answer.word("/Error/Code"));
        }
        JsonNode made =
                answer.json().at("/AssumeRoleWithWebIdentityResponse/AssumeRoleWithWebIdentityResult/Credentials");
        return keys(
                made.path("AccessKeyId").asString(""),
                made.path("SecretAccessKey").asString(""),
                Optional.of(made.path("SessionToken").asString("")));
    }

    private String domain() {
        return key.key().startsWith("arn:aws-cn:") ? "amazonaws.com.cn" : "amazonaws.com";
    }

    private Optional<AwsSignature.Keys> ofContainer() {
        return platform.variable("AWS_CONTAINER_CREDENTIALS_FULL_URI")
                .or(() -> platform.variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")
                        .map(CONTAINERS::concat))
                .map(uri -> {
                    Optional<String> authorization = platform.fileIn("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE")
                            .map(Secret::reveal)
                            .or(() -> platform.variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
                    return platformKeys(calls.get(
                            URI.create(uri),
                            authorization
                                    .map(word -> Map.of("authorization", word))
                                    .orElseGet(Map::of)));
                });
    }

    private AwsSignature.Keys ofInstance() {
        URI server = URI.create(
                platform.variable("AWS_EC2_METADATA_SERVICE_ENDPOINT").orElse(INSTANCE));
        Calls.Answer session =
                calls.put(server.resolve("/latest/api/token"), Map.of("x-aws-ec2-metadata-token-ttl-seconds", "60"));
        if (!session.isGood()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, session.word());
        }
        Map<String, String> headers =
                Map.of("x-aws-ec2-metadata-token", session.text().strip());
        URI roles = server.resolve("/latest/meta-data/iam/security-credentials/");
        Calls.Answer role = calls.get(roles, headers);
        if (!role.isGood()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, "this instance has no role");
        }
        return platformKeys(
                calls.get(roles.resolve(PercentEncoding.strict(role.text().strip())), headers));
    }

    private AwsSignature.Keys platformKeys(Calls.Answer answer) {
        if (!answer.isGood()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, answer.word("/code", "/Code"));
        }
        return keys(
                answer.json().path("AccessKeyId").asString(""),
                answer.json().path("SecretAccessKey").asString(""),
                Optional.of(answer.json().path("Token").asString("")));
    }

    private AwsSignature.Keys keys(String id, String secret, Optional<String> session) {
        if (id.isBlank() || secret.isBlank()) {
            throw Refusal.UNKNOWN_IDENTITY.of(key, "no access key");
        }
        return new AwsSignature.Keys(
                id, new Secret(secret), session.filter(word -> !word.isEmpty()).map(Secret::new));
    }
}
