package dev.latchkey.server.signing;

import dev.latchkey.server.secrets.Secret;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.http.auth.spi.signer.SignedRequest;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/** AWS Signature Version 4, made by AWS's own signer. */
public final class AwsSignature {
    private static final AwsV4HttpSigner SIGNER = AwsV4HttpSigner.create();
    private static final List<String> MADE =
            List.of("authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256");

    private AwsSignature() {}

    /** @param sessionToken of temporary keys */
    public record Keys(String accessKeyId, Secret secretAccessKey, Optional<Secret> sessionToken) {}

    /** @return the headers that the signature adds, names in lower case */
    public static Map<String, String> headers(
            Keys keys,
            String region,
            String service,
            String method,
            URI uri,
            Map<String, String> headers,
            byte[] body,
            Instant now) {
        AwsCredentialsIdentity identity = keys.sessionToken()
                .<AwsCredentialsIdentity>map(token -> AwsSessionCredentialsIdentity.create(
                        keys.accessKeyId(), keys.secretAccessKey().reveal(), token.reveal()))
                .orElseGet(() -> AwsCredentialsIdentity.create(
                        keys.accessKeyId(), keys.secretAccessKey().reveal()));
        SdkHttpRequest.Builder request = SdkHttpRequest.builder()
                .method(SdkHttpMethod.fromValue(method.toUpperCase(Locale.ROOT)))
                .uri(uri);
        headers.forEach(request::putHeader);
        boolean s3 = service.equals("s3");
        SignedRequest signed = SIGNER.sign(r -> r.identity(identity)
                .request(request.build())
                .payload(() -> new ByteArrayInputStream(body))
                .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, service)
                .putProperty(AwsV4HttpSigner.REGION_NAME, region)
                // S3 alone takes the path as it is.
                .putProperty(AwsV4HttpSigner.DOUBLE_URL_ENCODE, !s3)
                .putProperty(AwsV4HttpSigner.NORMALIZE_PATH, !s3)
                .putProperty(HttpSigner.SIGNING_CLOCK, Clock.fixed(now, ZoneOffset.UTC)));
        Map<String, String> made = new LinkedHashMap<>();
        signed.request().headers().forEach((name, values) -> {
            if (MADE.contains(name.toLowerCase(Locale.ROOT))) {
                made.put(name.toLowerCase(Locale.ROOT), values.getFirst());
            }
        });
        return made;
    }
}
