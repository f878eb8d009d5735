package dev.latchkey.catalogue.keys;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Field;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.TypedValue;
import java.io.ByteArrayOutputStream;
import java.lang.management.ManagementFactory;
import java.math.BigInteger;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPrivateCrtKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A key that a stranger made costs no more than an ordinary key. */
class KeyLimitsTest {
    private static final byte[] RSA_OID = {0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 1, 1, 1};
    private static final byte[] PSS_OID = {0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 1, 1, 10};
    private static final byte[] EC_OID = {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 2, 1};
    private static final byte[] P256_OID = {0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 3, 1, 7};
    private static final byte[] P224_OID = {0x2B, (byte) 0x81, 4, 0, 33};

    private static final String[] PARTS = {"n", "e", "d", "p", "q", "dP", "dQ", "qInv"};

    private static RSAPrivateCrtKey good;

    @BeforeAll
    static void generate() throws Exception {
        good = rsa(2048);
    }

    private static RSAPrivateCrtKey rsa(int bits) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(bits);
        return (RSAPrivateCrtKey) generator.generateKeyPair().getPrivate();
    }

    private static Map<String, BigInteger> parts(RSAPrivateCrtKey key) {
        Map<String, BigInteger> parts = new LinkedHashMap<>();
        BigInteger[] numbers = {
            key.getModulus(),
            key.getPublicExponent(),
            key.getPrivateExponent(),
            key.getPrimeP(),
            key.getPrimeQ(),
            key.getPrimeExponentP(),
            key.getPrimeExponentQ(),
            key.getCrtCoefficient()
        };
        for (int i = 0; i < PARTS.length; i++) {
            parts.put(PARTS[i], numbers[i]);
        }
        return parts;
    }

    private static BigInteger part(String name) {
        return parts(good).getOrDefault(name, BigInteger.ZERO);
    }

    private static byte[] der(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] one : contents) {
            content.writeBytes(one);
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        int length = content.size();
        if (length < 128) {
            out.write(length);
        } else {
            byte[] bytes = BigInteger.valueOf(length).toByteArray();
            int from = bytes[0] == 0 ? 1 : 0;
            out.write(0x80 | bytes.length - from);
            out.write(bytes, from, bytes.length - from);
        }
        out.writeBytes(content.toByteArray());
        return out.toByteArray();
    }

    private static byte[] number(BigInteger number) {
        return der(2, number.toByteArray());
    }

    private static String pem(String kind, byte[] der) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + kind + "-----\n";
    }

    /** As PKCS #8 of RSA and of RSASSA-PSS, and as PKCS #1. */
    private static List<String> pasted(Map<String, BigInteger> parts) {
        ByteArrayOutputStream numbers = new ByteArrayOutputStream();
        numbers.writeBytes(number(BigInteger.ZERO));
        parts.values().forEach(part -> numbers.writeBytes(number(part)));
        byte[] pkcs1 = der(0x30, numbers.toByteArray());
        List<String> all = new ArrayList<>(List.of(pem("RSA PRIVATE KEY", pkcs1)));
        for (byte[] oid : new byte[][] {RSA_OID, PSS_OID}) {
            byte[] algorithm = oid == RSA_OID ? der(0x30, der(6, oid), new byte[] {5, 0}) : der(0x30, der(6, oid));
            all.add(pem("PRIVATE KEY", der(0x30, number(BigInteger.ZERO), algorithm, der(4, pkcs1))));
        }
        return all;
    }

    private static Stream<Map<String, BigInteger>> damaged() {
        BigInteger huge = BigInteger.ONE.shiftLeft(60_000).add(BigInteger.ONE);
        List<Map<String, BigInteger>> all = new ArrayList<>();
        for (String part : PARTS) {
            for (BigInteger value : new BigInteger[] {
                BigInteger.ZERO,
                BigInteger.ONE,
                BigInteger.TWO,
                part(part).add(BigInteger.valueOf(2)),
                part("n").add(BigInteger.ONE),
                part("n").shiftLeft(200).add(BigInteger.ONE),
                huge
            }) {
                Map<String, BigInteger> changed = parts(good);
                // One that is a little larger is another key of the same cost, and another prime is none.
                boolean same = part.matches("d|dP|dQ|qInv|e")
                                && value.equals(part(part).add(BigInteger.valueOf(2)))
                        || part.matches("d|dP|dQ|qInv") && value.signum() > 0 && value.bitLength() < 3;
                changed.put(part, value);
                if (!same) {
                    all.add(changed);
                }
            }
        }
        // Without primes the JDK takes the private exponent as it is.
        Map<String, BigInteger> plain = parts(good);
        List.of("p", "q", "dP", "dQ", "qInv").forEach(part -> plain.put(part, BigInteger.ZERO));
        all.add(plain);
        Map<String, BigInteger> long1 = new LinkedHashMap<>(plain);
        long1.put("d", huge);
        all.add(long1);
        Map<String, BigInteger> doubled = parts(good);
        doubled.put("n", huge);
        doubled.put("p", huge);
        doubled.put("q", BigInteger.ONE);
        all.add(doubled);
        return all.stream();
    }

    @ParameterizedTest
    @MethodSource("damaged")
    void refusesAnRsaKeyWhoseNumbersCostMoreOrDoNotBelongTogether(Map<String, BigInteger> parts) {
        for (String pem : pasted(parts)) {
            long begun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

            assertThatThrownBy(() -> PrivateKeys.parse(pem))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageNotContaining(pem.substring(60, 100));

            assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun)
                    .isLessThan(1_000_000_000L);
        }
    }

    @Test
    void takesTheKeyThatIsWhole() {
        pasted(parts(good)).forEach(pem -> assertThat(PrivateKeys.parse(pem)).isInstanceOf(RSAPrivateCrtKey.class));
    }

    @ParameterizedTest
    @ValueSource(ints = {512, 1024, 1536, 2040})
    void refusesShortRsaKeys(int bits) throws Exception {
        String pem = pem("PRIVATE KEY", rsa(bits).getEncoded());

        assertThatThrownBy(() -> PrivateKeys.parse(pem)).hasMessageContaining("2048 to 8192 bits");
    }

    /** Their numbers need not be primes to be too long. */
    @Test
    void takesAsLongAnRsaKeyAsIsSaidAndNoLonger() {
        for (int bits : new int[] {4096, 8192, 8200, 16384}) {
            BigInteger p =
                    BigInteger.ONE.shiftLeft(bits / 2 - 1).setBit(bits / 2 - 2).setBit(0);
            BigInteger q = p.add(BigInteger.TWO);
            Map<String, BigInteger> parts = parts(good);
            parts.put("n", p.multiply(q));
            parts.put("p", p);
            parts.put("q", q);
            String pem = pasted(parts).getFirst();

            if (bits <= 8192) {
                assertThatCode(() -> PrivateKeys.parse(pem)).doesNotThrowAnyException();
            } else {
                assertThatThrownBy(() -> PrivateKeys.parse(pem)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void takesTheNamedCurvesOfJsonWebSignatureAlone() throws Exception {
        for (String curve : List.of("secp256r1", "secp384r1", "secp521r1")) {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
            generator.initialize(new ECGenParameterSpec(curve));
            String pem =
                    pem("PRIVATE KEY", generator.generateKeyPair().getPrivate().getEncoded());
            assertThatCode(() -> PrivateKeys.parse(pem)).doesNotThrowAnyException();
        }
        assertThatCode(() -> PrivateKeys.parse(pem(
                        "PRIVATE KEY",
                        KeyPairGenerator.getInstance("Ed25519")
                                .generateKeyPair()
                                .getPrivate()
                                .getEncoded())))
                .doesNotThrowAnyException();
        byte[] ones = new byte[32];
        java.util.Arrays.fill(ones, (byte) 0xff);
        byte[][] hostile = {
            ec(der(6, P224_OID), new byte[] {1}),
            ec(der(6, P256_OID), new byte[] {0}),
            ec(der(6, P256_OID), ones),
            ec(der(6, P256_OID), new byte[8_000]),
            ec(der(6, P256_OID), BigInteger.ONE.shiftLeft(60_000).toByteArray()),
            // A curve by its own parameters, here none at all.
            ec(der(0x30, number(BigInteger.ONE)), new byte[] {1}),
        };
        for (byte[] key : hostile) {
            assertThatThrownBy(() -> PrivateKeys.parse(pem("PRIVATE KEY", key)))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    private static byte[] ec(byte[] curve, byte[] number) {
        return der(
                0x30,
                number(BigInteger.ZERO),
                der(0x30, der(6, EC_OID), curve),
                der(4, der(0x30, number(BigInteger.ONE), der(4, number))));
    }

    @Test
    void readsNoMoreThanAKeyHas() {
        for (String text : List.of(
                "A".repeat(PrivateKeys.LONGEST + 1),
                "-----BEGIN PRIVATE KEY-----".repeat(100_000),
                " ".repeat(10_000_000),
                "-----BEGIN A".repeat(PrivateKeys.LONGEST / 12),
                "-----BEGIN A-----".repeat(PrivateKeys.LONGEST / 17),
                "\\n".repeat(PrivateKeys.LONGEST / 2),
                Base64.getEncoder()
                        .encodeToString("QUFB".repeat(3_000).getBytes(java.nio.charset.StandardCharsets.UTF_8)))) {
            long begun = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();

            assertThatThrownBy(() -> PrivateKeys.parse(text)).isInstanceOf(IllegalArgumentException.class);

            assertThat(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begun)
                    .isLessThan(1_000_000_000L);
        }
    }

    /** F32: PEM fields had no limit. */
    @Test
    void noFieldOfAnyDefinitionTakesMoreThanAKeyHas() {
        int pem = 0;
        for (Provider provider : Catalogue.load().all()) {
            for (Field field : provider.fields().values()) {
                assertThat(TypedValue.of(field, "A".repeat(PrivateKeys.LONGEST + 1))
                                .problem())
                        .as(provider.id() + " " + field.id())
                        .isPresent();
                pem += field.type() == Field.Type.PEM ? 1 : 0;
            }
        }
        assertThat(pem).isGreaterThan(10);
    }

    @Test
    void checksWithAnothersKeyWithinTheSameLimits() throws Exception {
        for (BigInteger exponent : new BigInteger[] {
            BigInteger.ONE,
            BigInteger.TWO,
            BigInteger.valueOf(65536),
            BigInteger.ONE.shiftLeft(60).add(BigInteger.ONE)
        }) {
            RSAPublicKey key = publicKey(good.getModulus(), exponent);
            assertThatThrownBy(() -> KeyLimits.check(key)).isInstanceOf(IllegalArgumentException.class);
        }
        RSAPublicKey huge = publicKey(BigInteger.ONE.shiftLeft(10_000).add(BigInteger.ONE), BigInteger.valueOf(65537));
        assertThatThrownBy(() -> KeyLimits.check(huge)).isInstanceOf(IllegalArgumentException.class);
        assertThatCode(() -> KeyLimits.check(publicKey(good.getModulus(), good.getPublicExponent())))
                .doesNotThrowAnyException();
    }

    private static RSAPublicKey publicKey(BigInteger modulus, BigInteger exponent) throws Exception {
        return new RSAPublicKey() {
            @Override
            public BigInteger getPublicExponent() {
                return exponent;
            }

            @Override
            public BigInteger getModulus() {
                return modulus;
            }

            @Override
            public String getAlgorithm() {
                return "RSA";
            }

            @Override
            public String getFormat() {
                return "none";
            }

            @Override
            public byte[] getEncoded() {
                return new byte[0];
            }
        };
    }
}
