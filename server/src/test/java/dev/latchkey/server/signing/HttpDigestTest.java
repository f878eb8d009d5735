package dev.latchkey.server.signing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.secrets.Secret;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against the examples of RFC 7616 section 3.9 and RFC 2617 section 3.5. */
class HttpDigestTest {
    private static final String NONCE = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    private static final String CLIENT_NONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    private static final String CHALLENGE =
            "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm=%s, nonce=\"" + NONCE
                    + "\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"";

    private static String answer(HttpDigest.Challenge challenge) {
        return HttpDigest.authorization(
                challenge, "Mufasa", new Secret("Circle of Life"), "GET", "/dir/index.html", CLIENT_NONCE, 1);
    }

    @ParameterizedTest
    @CsvSource({
        "MD5, 8ca523f5e9506fed4657c9700eebdbec",
        "SHA-256, 753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
    })
    void answersTheChallengesOfTheRfc(String algorithm, String response) {
        String header = answer(HttpDigest.best(CHALLENGE.formatted(algorithm)).orElseThrow());

        assertThat(header)
                .startsWith("Digest username=\"Mufasa\", realm=\"http-auth@example.org\", nonce=\"" + NONCE + "\"")
                .contains("uri=\"/dir/index.html\"", "algorithm=" + algorithm, "qop=auth", "nc=00000001")
                .contains("cnonce=\"" + CLIENT_NONCE + "\"", "response=\"" + response + "\"")
                .contains("opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"");
    }

    @Test
    void answersTheExampleOfTheOlderRfc() {
        String header = HttpDigest.authorization(
                HttpDigest.best("Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\","
                                + " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\","
                                + " opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"")
                        .orElseThrow(),
                "Mufasa",
                new Secret("Circle Of Life"),
                "GET",
                "/dir/index.html",
                "0a4f113b",
                1);

        assertThat(header).contains("response=\"6629fae49393a05397450978507c4ef1\"", "algorithm=MD5");
    }

    @Test
    void answersWithoutQopWhereNoneIsOffered() {
        HttpDigest.Challenge old =
                HttpDigest.best("Digest realm=\"r\", nonce=\"n\"").orElseThrow();

        assertThat(answer(old)).doesNotContain("qop", "nc=", "cnonce");
    }

    @Test
    void bindsTheSessionAndHashesTheUserWhereItIsAskedTo() {
        HttpDigest.Challenge challenge = HttpDigest.best(
                        "Digest realm=\"r\", nonce=\"n\", qop=auth, algorithm=SHA-256-sess, userhash=true")
                .orElseThrow();

        assertThat(challenge.session()).isTrue();
        assertThat(answer(challenge))
                .contains("algorithm=SHA-256-sess", "userhash=true", "cnonce=")
                .doesNotContain("Mufasa");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Basic realm=\"a, b\", Digest realm=\"r\", nonce=\"weak\", qop=\"auth\", Digest realm=\"r\", algorithm=SHA-256, nonce=\"strong\", qop=\"auth\"",
                "Digest realm=\"r\" , nonce = \"strong\",algorithm=\"SHA-256\",qop=\"auth-int,auth\", Negotiate",
                "Negotiate, DIGEST REALM=\"say \\\"hi, you\\\"\", NONCE=\"strong\", ALGORITHM=sha-256, QOP=auth"
            })
    void prefersTheStrongerOfSeveral(String header) {
        HttpDigest.Challenge best = HttpDigest.best(header).orElseThrow();

        assertThat(best.nonce()).isEqualTo("strong");
        assertThat(best.algorithm()).isEqualTo(HttpDigest.Algorithm.SHA_256);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Basic realm=\"r\"",
                "Bearer error=\"invalid_token\"",
                "Digest realm=\"r\"",
                "Digest realm=\"r\", nonce=\"n\", qop=\"auth-int\"",
                "Digest realm=\"r\", nonce=\"n\", algorithm=SHA-512-256",
                "Basic realm=\"Digest nonce=\\\"n\\\"\""
            })
    void leavesWhatItCannotAnswer(String header) {
        assertThat(HttpDigest.best(header)).isEmpty();
    }

    @Test
    void quotesWhatIsQuoted() {
        HttpDigest.Challenge challenge = HttpDigest.best("Digest realm=\"a \\\"b\\\"\", nonce=\"n\", qop=auth")
                .orElseThrow();

        assertThat(challenge.realm()).isEqualTo("a \"b\"");
        assertThat(answer(challenge)).contains("realm=\"a \\\"b\\\"\"");
    }
}
