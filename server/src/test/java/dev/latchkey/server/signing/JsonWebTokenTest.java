package dev.latchkey.server.signing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jwt.SignedJWT;
import dev.latchkey.catalogue.keys.PrivateKeys;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.secrets.Secret;
import java.nio.charset.StandardCharsets;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.interfaces.ECPrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.MGF1ParameterSpec;
import java.security.spec.PSSParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
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

    private static KeyPair curve(String name) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(name));
        return generator.generateKeyPair();
    }

    private static Signature checker(String algorithm) throws Exception {
        String hash = algorithm.substring(2);
        return switch (algorithm.substring(0, 2)) {
            case "RS" -> Signature.getInstance("SHA" + hash + "withRSA");
            case "ES" -> Signature.getInstance("SHA" + hash + "withECDSAinP1363Format");
            case "Ed" -> Signature.getInstance("Ed25519");
            default -> {
                Signature pss = Signature.getInstance("RSASSA-PSS");
                pss.setParameter(new PSSParameterSpec(
                        "SHA-" + hash,
                        "MGF1",
                        new MGF1ParameterSpec("SHA-" + hash),
                        Integer.parseInt(hash) / 8,
                        PSSParameterSpec.TRAILER_FIELD_BC));
                yield pss;
            }
        };
    }

    /** By the JDK, which shares no code with the library that signs. */
    @ParameterizedTest
    @CsvSource({
        "RS256, RSA",
        "RS384, RSA",
        "RS512, RSA",
        "PS256, RSA",
        "PS384, RSA",
        "PS512, RSA",
        "ES256, secp256r1",
        "ES384, secp384r1",
        "ES512, secp521r1",
        "EdDSA, Ed25519"
    })
    void theJdkAcceptsTokensOfEachAlgorithm(String algorithm, String of) throws Exception {
        KeyPair keys = switch (of) {
            case "RSA" -> keys("RSA", 2048);
            case "Ed25519" -> keys("Ed25519", 0);
            default -> curve(of);
        };

        SignedJWT token = token(algorithm, pem("PRIVATE KEY", keys.getPrivate().getEncoded()), "pem");

        Signature check = checker(algorithm);
        check.initVerify(keys.getPublic());
        check.update(token.getSigningInput());
        assertThat(check.verify(token.getSignature().decode())).isTrue();
        assertThat(token.getHeader().getAlgorithm().getName()).isEqualTo(algorithm);
        assertThat(token.getHeader().getKeyID()).isEqualTo("k1");
        assertThat(token.getJWTClaimsSet().getIssuer()).isEqualTo("us");
    }

    /** RFC 7518 section 3.2 asks for as many bits as the hash has; vendors issue shorter secrets, and longer ones. */
    @ParameterizedTest
    @CsvSource({"HS256, 256", "HS384, 384", "HS512, 512"})
    void theJdkAcceptsTokensUnderASecretOfAnyLength(String algorithm, String hash) throws Exception {
        for (int length : new int[] {1, 31, 32, 47, 48, 63, 64, 65, 127, 128, 129, 300}) {
            byte[] secret = new byte[length];
            Arrays.fill(secret, (byte) length);

            SignedJWT token = token(algorithm, java.util.HexFormat.of().formatHex(secret), "hex");

            Mac mac = Mac.getInstance("HmacSHA" + hash);
            mac.init(new SecretKeySpec(secret, "HmacSHA" + hash));
            assertThat(token.getSignature().decode())
                    .as("%d bytes", length)
                    .isEqualTo(mac.doFinal(token.getSigningInput()));
        }
    }

    @Test
    void refusesAKeyOfAnotherAlgorithmAndOneThatIsEmpty() throws Exception {
        String rsa = pem("PRIVATE KEY", keys("RSA", 2048).getPrivate().getEncoded());
        String p256 = pem("PRIVATE KEY", curve("secp256r1").getPrivate().getEncoded());

        for (String[] pair : new String[][] {
            {"ES256", rsa}, {"EdDSA", rsa}, {"RS256", p256}, {"ES384", p256}, {"XX256", rsa}, {"none", rsa}
        }) {
            assertThatThrownBy(() -> token(pair[0], pair[1], "pem"))
                    .as(pair[0])
                    .isInstanceOf(IllegalArgumentException.class);
        }
        assertThatThrownBy(() -> token("HS256", " ", "text")).isInstanceOf(IllegalArgumentException.class);
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

    /** SEC 1 names the curve, or leaves it to the reader: then it is P-256. */
    @ParameterizedTest
    @CsvSource({"secp256r1, true", "secp256r1, false", "secp384r1, true", "secp521r1, true"})
    void readsKeysOfSec1(String name, boolean named) throws Exception {
        PrivateKey key = curve(name).getPrivate();
        // PKCS #8 is SEQUENCE { 0, SEQUENCE { OID, OID of the curve }, OCTET STRING of SEC 1 }, with lengths of one
        // byte up to 127.
        byte[] pkcs8 = key.getEncoded();
        int start = pkcs8[1] == (byte) 0x81 ? 3 : 2;
        int algorithm = start + 3;
        int octets = algorithm + 2 + pkcs8[algorithm + 1];
        int sec1 = octets + (pkcs8[octets + 1] == (byte) 0x81 ? 3 : 2);
        byte[] bare = Arrays.copyOfRange(pkcs8, sec1, pkcs8.length);
        byte[] oid = Arrays.copyOfRange(pkcs8, algorithm + 2 + 9, octets);
        byte[] parameters = new byte[oid.length + 2];
        parameters[0] = (byte) 0xA0;
        parameters[1] = (byte) oid.length;
        System.arraycopy(oid, 0, parameters, 2, oid.length);
        int head = bare[1] == (byte) 0x81 ? 3 : 2;
        byte[] fields = Arrays.copyOfRange(bare, head, bare.length);
        int length = fields.length + (named ? parameters.length : 0);
        java.io.ByteArrayOutputStream whole = new java.io.ByteArrayOutputStream();
        whole.write(0x30);
        if (length > 127) {
            whole.write(0x81);
        }
        whole.write(length);
        whole.writeBytes(fields);
        if (named) {
            whole.writeBytes(parameters);
        }

        ECPrivateKey read = (ECPrivateKey) PrivateKeys.parse(pem("EC PRIVATE KEY", whole.toByteArray()));
        assertThat(read.getS()).isEqualTo(((ECPrivateKey) key).getS());
        assertThat(read.getParams().getOrder())
                .isEqualTo(((ECPrivateKey) key).getParams().getOrder());

        for (int cut = 0; cut < whole.size(); cut++) {
            byte[] part = Arrays.copyOf(whole.toByteArray(), cut);
            assertThatThrownBy(() -> PrivateKeys.parse(pem("EC PRIVATE KEY", part)))
                    .as("%d bytes", cut)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void refusesAWrongKeyWithoutRepeatingIt() {
        assertThatThrownBy(() -> JsonWebToken.sign("RS256", new Secret("hunter2hunter2"), "pem", Map.of(), CLAIMS))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("hunter2");
        assertThatThrownBy(() -> PrivateKeys.parse(pem("CERTIFICATE", new byte[] {1, 2, 3})))
                .hasMessageContaining("certificate");
        assertThatThrownBy(() -> PrivateKeys.parse(pem("ENCRYPTED PRIVATE KEY", new byte[] {1, 2, 3})))
                .hasMessageContaining("password");
    }
}
