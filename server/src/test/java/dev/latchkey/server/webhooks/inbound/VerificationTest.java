package dev.latchkey.server.webhooks.inbound;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.PlainJWT;
import com.nimbusds.jwt.SignedJWT;
import dev.latchkey.catalogue.model.Webhook.Verify;
import dev.latchkey.catalogue.template.Template;
import dev.latchkey.catalogue.template.Text;
import dev.latchkey.server.egress.PeerTrust;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.webhooks.outbound.Signatures;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.MessageDigest;
import java.security.Signature;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The forms of proof that no shipped definition's journey covers. */
class VerificationTest {
    private static final Instant NOW = Instant.parse("2030-01-01T00:00:00Z");
    /** No UTF-8: what is signed is bytes. */
    private static final byte[] BODY = {'{', '}', (byte) 0xff, (byte) 0xfe};
    /** As long as HMAC-SHA512 demands (RFC 7518 section 3.2). */
    private static final String SHARED = "0123456789abcdef".repeat(4);

    private static Text text(String template) {
        return Text.of(Template.parse(template, Template.Position.PLAIN));
    }

    private static boolean proves(Verify verify, String secret, Map<String, String> headers) {
        return new Verification(
                        IncomingRequest.of("POST", "https://a.example/", headers, Map.of(), BODY),
                        NOW,
                        new PublishedKeys(
                                address -> Optional.empty(),
                                new PeerTrust(PeerTrust.Mode.AUTHORITY, "", ""),
                                () -> NOW),
                        Optional.empty())
                .proves(verify, new Secret(secret));
    }

    @Test
    void aHashOfSecretAndBody() throws Exception {
        Verify verify = new Verify.Signature(
                Verify.Kind.HASH,
                "sha256",
                "hex",
                "header.x-sign",
                Optional.empty(),
                Optional.empty(),
                text("${key}${body}"),
                Optional.empty(),
                Verify.KeyForm.TEXT);
        MessageDigest digest = MessageDigest.getInstance("SHA-256");
        digest.update("s".getBytes(StandardCharsets.UTF_8));
        String right = HexFormat.of().formatHex(digest.digest(BODY));

        assertThat(proves(verify, "s", Map.of("x-sign", right))).isTrue();
        assertThat(proves(verify, "t", Map.of("x-sign", right))).isFalse();
        assertThat(proves(verify, "s", Map.of())).isFalse();
    }

    @Test
    void theVendorsPublicKey() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        KeyPair pair = generator.generateKeyPair();
        Signature signer = Signature.getInstance("SHA256withRSA");
        signer.initSign(pair.getPrivate());
        signer.update(BODY);
        String right = Base64.getEncoder().encodeToString(signer.sign());
        String pem = "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(pair.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
        Verify verify = new Verify.PublicKey(
                Verify.PublicKey.Algorithm.RSA_SHA256,
                new Verify.KeySource.Written(pem),
                "base64",
                "header.x-sign",
                text("${body}"),
                Optional.empty());

        assertThat(proves(verify, "", Map.of("x-sign", right))).isTrue();
        assertThat(proves(verify, "", Map.of("x-sign", right.substring(4) + "AAAA")))
                .isFalse();
        assertThat(proves(verify, "", Map.of())).isFalse();
    }

    @Test
    void standardWebhooksByTheNamesOfBothKinds() {
        Verify verify = new Verify.Standard(Duration.ofMinutes(5));
        Secret key = new Secret("signing-key");
        Map<String, String> ours =
                Signatures.headers(java.util.UUID.randomUUID(), NOW, BODY, List.of(new Secret("older"), key), false);
        Map<String, String> svix = Map.of(
                "svix-id", ours.getOrDefault("webhook-id", ""),
                "svix-timestamp", ours.getOrDefault("webhook-timestamp", ""),
                "svix-signature", ours.getOrDefault("webhook-signature", ""));

        assertThat(proves(verify, "signing-key", ours)).isTrue();
        assertThat(proves(verify, Signatures.standardForm(key.reveal()), svix)).isTrue();
        assertThat(proves(verify, "another", svix)).isFalse();
        Map<String, String> late =
                Signatures.headers(java.util.UUID.randomUUID(), NOW.minusSeconds(301), BODY, List.of(key), false);
        assertThat(proves(verify, "signing-key", late)).isFalse();
    }

    @Test
    void noSecretProvesNothing() {
        assertThat(proves(new Verify.Equality("header.x-token"), "", Map.of("x-token", "")))
                .isFalse();
        assertThat(proves(new Verify.Equality("header.x-token"), "a", Map.of("x-token", "a")))
                .isTrue();
    }

    @Test
    void aPasswordAloneOrWithItsUser() {
        Map<String, String> sent = Map.of(
                "authorization",
                "Basic " + Base64.getEncoder().encodeToString("user:pw".getBytes(StandardCharsets.UTF_8)));

        assertThat(proves(new Verify.HttpBasic(), "pw", sent)).isTrue();
        assertThat(proves(new Verify.HttpBasic(), "user:pw", sent)).isTrue();
        assertThat(proves(new Verify.HttpBasic(), "user", sent)).isFalse();
        assertThat(proves(new Verify.HttpBasic(), "", Map.of("authorization", "Basic Og==")))
                .isFalse();
    }

    /** RFC 8725 section 2.1: a token that names another algorithm, or none, is not signed with the secret. */
    @Test
    void aTokenOfAnotherAlgorithmProvesNothing() throws Exception {
        Verify verify = new Verify.Token(
                "header.authorization",
                Verify.Token.Algorithm.HS256,
                Optional.empty(),
                Map.of("iss", text("vendor")),
                Optional.empty());

        assertThat(proves(verify, SHARED, Map.of("authorization", "Bearer " + token(JWSAlgorithm.HS256, "vendor"))))
                .isTrue();
        assertThat(proves(verify, SHARED, Map.of("authorization", token(JWSAlgorithm.HS256, "another"))))
                .isFalse();
        assertThat(proves(verify, SHARED, Map.of("authorization", token(JWSAlgorithm.HS512, "vendor"))))
                .isFalse();
        String none = new PlainJWT(new JWTClaimsSet.Builder().issuer("vendor").build()).serialize();
        assertThat(proves(verify, SHARED, Map.of("authorization", none))).isFalse();
    }

    private static String token(JWSAlgorithm algorithm, String issuer) throws JOSEException {
        SignedJWT token = new SignedJWT(
                new JWSHeader(algorithm),
                new JWTClaimsSet.Builder().issuer(issuer).build());
        token.sign(new MACSigner(SHARED));
        return token.serialize();
    }
}
