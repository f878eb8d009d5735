package dev.latchkey.server.vendors;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The verifier of the tests is itself held to AWS's published test suite of Signature Version 4. */
class SignedTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            get-vanilla|GET|/|""|host;x-amz-date|5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31
            get-vanilla-query-order|GET|/?Param2=value2&Param1=value1|""|host;x-amz-date|b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500
            post-vanilla|POST|/|""|host;x-amz-date|5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b
            post-x-www-form-urlencoded|POST|/|Param1=value1|content-type;host;x-amz-date|ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a
            """)
    void agreesWithAwsPublishedVectors(
            String name, String method, String path, String body, String signedHeaders, String signature) {
        Map<String, String> headers = new TreeMap<>(Map.of(
                "host", "example.amazonaws.com",
                "x-amz-date", "20150830T123600Z",
                "content-type", "application/x-www-form-urlencoded",
                "authorization",
                        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders="
                                + signedHeaders + ", Signature=" + signature));
        URI url = URI.create("https://example.amazonaws.com" + path);
        String secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

        assertThat(Signed.problem("AKIDEXAMPLE", secret, "us-east-1/service", method, url, headers, body))
                .isEmpty();
        assertThat(Signed.problem("AKIDEXAMPLE", secret, "us-east-1/service", method, url, headers, body + "x"))
                .isPresent();
        assertThat(Signed.problem("AKIDEXAMPLE", secret, "us-east-1/other", method, url, headers, body))
                .isPresent();
    }
}
