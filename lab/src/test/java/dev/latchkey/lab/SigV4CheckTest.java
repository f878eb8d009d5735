package dev.latchkey.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** AWS's published test suite for Signature Version 4: what it signs is accepted, and anything else is not. */
class SigV4CheckTest {
    private static final Instant THEN = Instant.parse("2015-08-30T12:36:00Z");

    private static Optional<SigV4Check.Signed> check(
            String method, String path, String query, String body, String signedHeaders, String signature) {
        Map<String, String> headers = new LinkedHashMap<>();
        headers.put("x-amz-date", "20150830T123600Z");
        if (!body.isEmpty()) {
            headers.put("content-type", "application/x-www-form-urlencoded");
        }
        headers.put(
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
                        + signedHeaders + ", Signature=" + signature);
        return SigV4Check.check(
                new LabRequest(
                        method, "example.amazonaws.com" + path, query, headers, body.getBytes(StandardCharsets.UTF_8)),
                id -> id.equals("AKIDEXAMPLE")
                        ? Optional.of("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")
                        : Optional.empty(),
                THEN);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '"',
            value = {
                "get-vanilla|GET|/|\"\"|\"\"|host;x-amz-date|5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
                "post-vanilla|POST|/|\"\"|\"\"|host;x-amz-date|5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b",
                "query-order|GET|/|Param2=value2&Param1=value1|\"\"|host;x-amz-date|b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
                "post-form|POST|/|\"\"|Param1=value1|content-type;host;x-amz-date|ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"
            })
    void whatAwsSignsIsAccepted(
            String name,
            String method,
            String path,
            String query,
            String body,
            String signedHeaders,
            String signature) {
        assertThat(check(method, path, query, body, signedHeaders, signature))
                .contains(new SigV4Check.Signed("AKIDEXAMPLE", "us-east-1", "service"));
        assertThat(check(method, path + "x", query, body, signedHeaders, signature))
                .isEmpty();
        assertThat(check(method, path, query + "&a=b", body, signedHeaders, signature))
                .isEmpty();
        assertThat(check(method, path, query, body + "x", signedHeaders, signature))
                .isEmpty();
    }
}
