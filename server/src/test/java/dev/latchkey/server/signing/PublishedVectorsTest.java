package dev.latchkey.server.signing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.secrets.Secret;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Examples that the standards and vendors themselves publish. */
class PublishedVectorsTest {
    private static OAuth1Signature.Signer photos(Optional<OAuth1Signature.Token> token) {
        return new OAuth1Signature.Signer(
                Auth.Signature.HMAC_SHA1,
                Optional.of("Photos"),
                "dpf43f3p2l4k3l03",
                new Secret("kd94hf93k423kf44"),
                Optional.empty(),
                token);
    }

    /** RFC 5849 section 3.4.1.1: a query, a form and protocol parameters, some of them twice or empty. */
    @Test
    void theBaseStringOfRfc5849() {
        List<Map.Entry<String, String>> parameters =
                new ArrayList<>(OAuth1Signature.decoded("b5=%3D%253D&a3=a&c%40=&a2=r%20b"));
        parameters.addAll(OAuth1Signature.decoded("c2&a3=2+q"));
        parameters.addAll(List.of(
                Map.entry("oauth_consumer_key", "9djdj82h48djs9d2"),
                Map.entry("oauth_token", "kkk9d7dh3k39sjv7"),
                Map.entry("oauth_signature_method", "HMAC-SHA1"),
                Map.entry("oauth_timestamp", "137131201"),
                Map.entry("oauth_nonce", "7d8f3e4a")));

        String base = OAuth1Signature.baseString("POST", URI.create("http://EXAMPLE.COM:80/request"), parameters);

        assertThat(base)
                .isEqualTo(
                        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D%253D%25253D"
                                + "%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce%3D7d8f3e4a"
                                + "%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26oauth_token%3Dkkk9d7dh3k39sjv7");
    }

    /** RFC 5849 section 1.2: the photo, with token credentials. */
    @Test
    void thePhotoOfRfc5849() {
        List<Map.Entry<String, String>> parameters =
                new ArrayList<>(OAuth1Signature.decoded("file=vacation.jpg&size=original"));
        parameters.addAll(List.of(
                Map.entry("oauth_consumer_key", "dpf43f3p2l4k3l03"),
                Map.entry("oauth_token", "nnch734d00sl2jdk"),
                Map.entry("oauth_signature_method", "HMAC-SHA1"),
                Map.entry("oauth_timestamp", "137131202"),
                Map.entry("oauth_nonce", "chapoH")));
        String base = OAuth1Signature.baseString("GET", URI.create("http://photos.example.net/photos"), parameters);

        assertThat(OAuth1Signature.signature(
                        photos(Optional.of(
                                new OAuth1Signature.Token("nnch734d00sl2jdk", new Secret("pfkkdhi9sl3r4s00")))),
                        base))
                .isEqualTo("MdpQcU8iPSUjWoN/UDMsK2sui9I=");
    }

    /** RFC 9421 appendix B.2.5. */
    @Test
    void theSharedSecretOfRfc9421() {
        String base = HttpMessageSignature.base(
                List.of("date", "@authority", "content-type"),
                "(\"date\" \"@authority\" \"content-type\");created=1618884473;keyid=\"test-shared-secret\"",
                "POST",
                URI.create("https://example.com/foo?param=Value&Pet=dog"),
                Map.of("date", "Tue, 20 Apr 2021 02:07:55 GMT", "content-type", "application/json"));

        byte[] signature = HttpMessageSignature.signature(
                "hmac-sha256",
                new Secret("uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="),
                base);

        assertThat(Base64.getEncoder().encodeToString(signature))
                .isEqualTo("pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=");
    }

    /** RFC 9421 appendix B.2.6. */
    @Test
    void theEdwardsCurveOfRfc9421() {
        String base = HttpMessageSignature.base(
                List.of("date", "@method", "@path", "@authority", "content-type", "content-length"),
                "(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \"content-length\")"
                        + ";created=1618884473;keyid=\"test-key-ed25519\"",
                "POST",
                URI.create("https://example.com/foo?param=Value&Pet=dog"),
                Map.of(
                        "date",
                        "Tue, 20 Apr 2021 02:07:55 GMT",
                        "content-type",
                        "application/json",
                        "content-length",
                        "18"));

        byte[] signature = HttpMessageSignature.signature(
                "ed25519",
                new Secret(
                        "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF\n-----END PRIVATE KEY-----"),
                base);

        assertThat(Base64.getEncoder().encodeToString(signature))
                .isEqualTo("wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==");
    }

    /** docs.aws.amazon.com, S3 API reference, "Examples: signature calculations"; the signer is the one that calls are signed with. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            /test.txt             | bytes=0-9 | f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41
            /?lifecycle           | -         | fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543
            /?max-keys=2&prefix=J | -         | 34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7
            """)
    void theExamplesOfAws(String path, String range, String signature) {
        Map<String, String> headers = AwsSignature.headers(
                new AwsSignature.Keys(
                        "AKIAIOSFODNN7EXAMPLE",
                        new Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                        Optional.empty()),
                "us-east-1",
                "s3",
                "GET",
                URI.create("https://examplebucket.s3.amazonaws.com" + path),
                range.equals("-") ? Map.of() : Map.of("range", range),
                new byte[0],
                Instant.parse("2013-05-24T00:00:00Z"));

        assertThat(headers.get("x-amz-content-sha256"))
                .isEqualTo("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        assertThat(headers.get("authorization"))
                .startsWith("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, ")
                .endsWith("Signature=" + signature);
    }
}
