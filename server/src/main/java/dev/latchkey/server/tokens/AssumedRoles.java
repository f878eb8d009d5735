package dev.latchkey.server.tokens;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.template.JsonPath;
import dev.latchkey.catalogue.template.PercentEncoding;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.signing.AwsSignature;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A role of the user's AWS account, assumed with the operator's own keys (STS AssumeRole), or issued by the operator's own endpoint,
 * which returns the same four values. Thread-safe.
 */
public final class AssumedRoles {
    private static final String FORM = "application/x-www-form-urlencoded; charset=utf-8";

    private static final Set<String> REFUSED = Set.of("AccessDenied", "AccessDeniedException");
    /** Of the common errors of AWS's APIs, those about the keys that the operator gave. */
    private static final Set<String> OWN_KEYS = Set.of(
            "InvalidClientTokenId", "SignatureDoesNotMatch", "IncompleteSignature", "UnrecognizedClientException");

    private static final Set<String> THROTTLED =
            Set.of("Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException");

    private final Egress egress;
    private final VendorAddress addresses;
    private final InstantSource clock;

    public AssumedRoles(Egress egress, VendorAddress addresses, InstantSource clock) {
        this.egress = egress;
        this.addresses = addresses;
        this.clock = clock;
    }

    /** {@code raw} of the grant contains AccessKeyId, SecretAccessKey, SessionToken and Expiration. */
    public TokenAnswer assume(Auth.AwsRole role, ValuesOf values) {
        return assume(role, values, role.externalId().expand(values));
    }

    /**
     * Whether the role can be assumed without the external id: then anyone who knows its ARN could have us use it, since its trust
     * policy does not require the id.
     */
    public TokenAnswer assumeForAnybody(Auth.AwsRole role, ValuesOf values) {
        return assume(role, values, Optional.empty());
    }

    private TokenAnswer assume(Auth.AwsRole role, ValuesOf values, Optional<String> externalId) {
        Instant askedAt = clock.instant();
        try {
            Optional<String> own = Optional.ofNullable(
                            values.integration().settings().get(Auth.AwsRole.STS_ENDPOINT))
                    .filter(url -> !url.isBlank());
            Egress.Response answer =
                    own.isPresent() ? ownEndpoint(own.get(), role, values, externalId) : sts(role, values, externalId);
            return read(answer, role.lifetime(), askedAt);
        } catch (EgressException e) {
            return TokenEndpoint.failed(e);
        } catch (IllegalArgumentException e) {
            return new TokenAnswer.Misconfigured("invalid_configuration", String.valueOf(e.getMessage()));
        }
    }

    private Egress.Response sts(Auth.AwsRole role, ValuesOf values, Optional<String> externalId) {
        Map<String, String> form = new LinkedHashMap<>();
        form.put("Action", "AssumeRole");
        form.put("Version", "2011-06-15");
        form.put("RoleArn", required(role.roleArn(), values, "the role's ARN is missing"));
        form.put("RoleSessionName", "latchkey");
        form.put("DurationSeconds", Long.toString(role.lifetime().toSeconds()));
        externalId.ifPresent(id -> form.put("ExternalId", id));
        URI vendor = URI.create(required(role.sts(), values, "the region is missing"));
        byte[] body = PercentEncoding.form(form).getBytes(StandardCharsets.UTF_8);
        AwsSignature.Keys keys = new AwsSignature.Keys(
                required(role.accessKeyId(), values, "the integration has no access key (accessKeyId)"),
                new Secret(required(
                        role.secretAccessKey(), values, "the integration has no secret access key (secretAccessKey)")),
                Optional.empty());
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        headers.put("content-type", FORM);
        headers.putAll(AwsSignature.headers(
                keys,
                required(role.region(), values, "the region is missing"),
                "sts",
                "POST",
                vendor,
                headers,
                body,
                clock.instant()));
        return egress.send(new Egress.Request(
                "POST",
                addresses.of(values.integration(), vendor),
                headers,
                Optional.of(new Egress.Content(FORM, body))));
    }

    /** The operator's endpoint, with the credential in its settings: an API key, a user and password, or none. */
    private Egress.Response ownEndpoint(String url, Auth.AwsRole role, ValuesOf values, Optional<String> externalId) {
        ObjectNode body = Json.MAPPER.createObjectNode();
        body.put("role_arn", required(role.roleArn(), values, "the role's ARN is missing"));
        externalId.ifPresent(id -> body.put("external_id", id));
        role.region().expand(values).ifPresent(region -> body.put("region", region));
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("accept", "application/json");
        Map<String, Secret> secrets = values.integration().secrets();
        Optional.ofNullable(secrets.get("stsApiKey")).ifPresent(key -> headers.put("x-api-key", key.reveal()));
        Optional.ofNullable(secrets.get("stsPassword"))
                .ifPresent(password -> headers.put(
                        "authorization",
                        TokenEndpoint.basic(
                                values.integration().settings().getOrDefault("stsUsername", ""), password.reveal())));
        URI uri = URI.create(url);
        if (!"https".equals(uri.getScheme())) {
            throw new IllegalArgumentException("stsEndpoint must begin with https://");
        }
        return egress.send(new Egress.Request(
                "POST",
                uri,
                headers,
                Optional.of(new Egress.Content("application/json", Json.MAPPER.writeValueAsBytes(body)))));
    }

    private static String required(Text text, ValuesOf values, String problem) {
        return text.expand(values).orElseThrow(() -> new IllegalArgumentException(problem));
    }

    /** STS returns XML, or JSON on request; the operator's own endpoint only the credentials. */
    static TokenAnswer read(Egress.Response answer, Duration lifetime, Instant askedAt) {
        Optional<JsonNode> body = AnswerBody.of(answer);
        if (answer.status() < 200 || answer.status() > 299) {
            String code = TokenParser.clean(first(body, "ErrorResponse.Error.Code", "Error.Code", "error.Code", "error")
                    .orElse("http_" + answer.status()));
            String message = TokenParser.clean(first(body, "ErrorResponse.Error.Message", "Error.Message", "message")
                    .orElse(""));
            return refused(answer, code, message, askedAt);
        }
        Optional<JsonNode> credentials = firstNode(
                body,
                "AssumeRoleResponse.AssumeRoleResult.Credentials",
                "AssumeRoleResult.Credentials",
                "Credentials",
                "credentials",
                "$");
        ObjectNode raw = Json.MAPPER.createObjectNode();
        credentials.ifPresent(node -> {
            copy(node, raw, "AccessKeyId", "access_key_id", "accessKeyId");
            copy(node, raw, "SecretAccessKey", "secret_access_key", "secretAccessKey");
            copy(node, raw, "SessionToken", "session_token", "sessionToken");
            copy(node, raw, "Expiration", "expiration", "expires_at");
        });
        if (!raw.has("AccessKeyId") || !raw.has("SecretAccessKey") || !raw.has("SessionToken")) {
            return new TokenAnswer.Unavailable("the provider's answer has no credentials", Optional.empty());
        }
        Optional<Instant> end = Optional.ofNullable(raw.get("Expiration"))
                .flatMap(text -> TokenExpiry.absolute(text.asString(), askedAt))
                .filter(at -> at.isAfter(askedAt))
                // Without an end, or with one that a wrong clock set, it lasts for the requested duration.
                .or(() -> Optional.of(askedAt.plus(lifetime)));
        return new TokenAnswer.Granted(
                new Secret(raw.get("SecretAccessKey").asString()),
                Optional.empty(),
                end,
                Optional.empty(),
                new Credentials.Raw(raw),
                Map.of());
    }

    /**
     * By STS's error codes: only AccessDenied says that the role is not ours to assume, or no longer. The same status without it comes
     * from a firewall or a gateway.
     */
    private static TokenAnswer refused(Egress.Response answer, String code, String message, Instant askedAt) {
        boolean throttled = answer.status() == 429 || THROTTLED.contains(code);
        if (throttled || !TokenParser.isRefusal(answer.status())) {
            return new TokenAnswer.Unavailable(
                    "the provider answered " + (throttled ? code : answer.status()),
                    TokenParser.retryAfter(answer, askedAt),
                    throttled);
        }
        return OWN_KEYS.contains(code)
                ? new TokenAnswer.Misconfigured(code, message)
                : new TokenAnswer.Rejected(code, message, REFUSED.contains(code) && isOfSts(answer));
    }

    /** STS's XML has a root of its own: a bare {@code <Error>} is how AWS's file store and gateways refuse. */
    private static boolean isOfSts(Egress.Response answer) {
        String text = answer.text().strip();
        return text.startsWith("{") || text.contains("<ErrorResponse");
    }

    private static void copy(JsonNode from, ObjectNode to, String... names) {
        for (String name : names) {
            JsonPath.parse(name).textIn(from).ifPresent(value -> to.put(names[0], value));
        }
    }

    private static Optional<String> first(Optional<JsonNode> body, String... paths) {
        return firstNode(body, paths).filter(JsonNode::isValueNode).map(JsonNode::asString);
    }

    private static Optional<JsonNode> firstNode(Optional<JsonNode> body, String... paths) {
        for (String path : paths) {
            Optional<JsonNode> found = body.flatMap(JsonPath.parse(path)::in);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }
}
