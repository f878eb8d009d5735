package dev.latchkey.server.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.MACVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.SignedJWT;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Tokens as another library reads them, and keys as people paste them. */
class JsonWebTokenTest {
    private static final ObjectNode CLAIMS =
            Json.MAPPER.createObjectNode().put("iss", "us").put("exp", 4102444800L);

    private static KeyPair keys(String algorithm, int size) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm);
        if (size > 0) {
            generator.initialize(size);
        }
        return generator.generateKeyPair();
    }

    private static String pem(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(der) + "\n-----END " + label
                + "-----\n";
    }

    private static SignedJWT token(String algorithm, String key, String encoding) throws Exception {
        return SignedJWT.parse(JsonWebToken.sign(algorithm, new Secret(key), encoding, Map.of("kid", "k1"), CLAIMS)
                .reveal());
    }

    @Test
    void anotherLibraryAcceptsRsaTokensOfBothPaddings() throws Exception {
        KeyPair keys = keys("RSA", 2048);
        String key = pem("PRIVATE KEY", keys.getPrivate().getEncoded());

        for (String algorithm : new String[] {"RS256", "RS512", "PS256"}) {
            SignedJWT token = token(algorithm, key, "pem");

            assertThat(token.verify(new RSASSAVerifier((RSAPublicKey) keys.getPublic())))
                    .as(algorithm)
                    .isTrue();
            assertThat(token.getHeader().getKeyID()).isEqualTo("k1");
            assertThat(token.getJWTClaimsSet().getIssuer()).isEqualTo("us");
        }
    }

    @Test
    void anotherLibraryAcceptsEllipticCurveAndSharedSecretTokens() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp256r1"));
        KeyPair keys = generator.generateKeyPair();

        assertThat(token("ES256", pem("PRIVATE KEY", keys.getPrivate().getEncoded()), "pem")
                        .verify(new ECDSAVerifier((ECPublicKey) keys.getPublic())))
                .isTrue();
        assertThat(token("HS256", "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", "hex")
                        .verify(new MACVerifier(java.util.HexFormat.of()
                                .parseHex("00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"))))
                .isTrue();
    }

    @Test
    void edwardsCurveTokensVerify() throws Exception {
        KeyPair keys = keys("Ed25519", 0);
        String token = JsonWebToken.sign(
                        "EdDSA",
                        new Secret(pem("PRIVATE KEY", keys.getPrivate().getEncoded())),
                        "pem",
                        Map.of(),
                        CLAIMS)
                .reveal();
        int dot = token.lastIndexOf('.');
        Signature signature = Signature.getInstance("Ed25519");
        signature.initVerify(keys.getPublic());
        signature.update(token.substring(0, dot).getBytes(StandardCharsets.US_ASCII));

        assertThat(signature.verify(Base64.getUrlDecoder().decode(token.substring(dot + 1))))
                .isTrue();
    }

    @Test
    void aKeyIsReadHoweverItIsPasted() throws Exception {
        KeyPair keys = keys("RSA", 2048);
        byte[] pkcs8 = keys.getPrivate().getEncoded();
        // A PKCS #8 key of RSA is 26 bytes of wrapping around PKCS #1.
        String pkcs1 = pem("RSA PRIVATE KEY", Arrays.copyOfRange(pkcs8, 26, pkcs8.length));
        String pem = pem("PRIVATE KEY", pkcs8);
        String once = Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.UTF_8));
        String twice = Base64.getEncoder().encodeToString(once.getBytes(StandardCharsets.UTF_8));

        for (String pasted : new String[] {
            pem,
            pkcs1,
            once,
            twice,
            pem.replace("\r\n", "").replace("\n", ""),
            pem.replace("\r\n", "\\n").replace("\n", "\\n")
        }) {
            assertThat(PrivateKeys.parse(pasted)).isEqualTo(keys.getPrivate());
        }
    }

    @Test
    void aWrongKeyIsToldWithoutRepeatingIt() {
        assertThatThrownBy(() -> JsonWebToken.sign("RS256", new Secret("hunter2hunter2"), "pem", Map.of(), CLAIMS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> PrivateKeys.parse(pem("CERTIFICATE", new byte[] {1, 2, 3})))
                .hasMessageContaining("certificate");
        assertThatThrownBy(() -> PrivateKeys.parse(pem("ENCRYPTED PRIVATE KEY", new byte[] {1, 2, 3})))
                .hasMessageContaining("password");
    }
}
