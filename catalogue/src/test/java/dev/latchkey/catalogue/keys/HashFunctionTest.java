package dev.latchkey.catalogue.keys;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Published vectors: "abc" of RFC 1321 and FIPS 180-4, test case 2 of RFC 2202 and RFC 4231. */
class HashFunctionTest {
    @ParameterizedTest
    @CsvSource({
        "md5, 900150983cd24fb0d6963f7d28e17f72, 750c783e6ab0b503eaa86e310a5db738",
        "sha1, a9993e364706816aba3e25717850c26c9cd0d89d, effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
        "sha256, ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, 5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        "sha384, cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7, af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649",
        "sha512, ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f, 164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    })
    void computesThePublishedVectors(String word, String digest, String hmac) {
        HashFunction function = HashFunction.named(word).orElseThrow();

        assertThat(HexFormat.of().formatHex(function.digest("abc"))).isEqualTo(digest);
        assertThat(function.digest("a".getBytes(UTF_8), new byte[0], "bc".getBytes(UTF_8)))
                .isEqualTo(function.digest("abc"))
                .hasSize(function.bits() / 8);
        assertThat(HexFormat.of().formatHex(function.hmac("Jefe", "what do ya want for nothing?")))
                .isEqualTo(hmac);
        HashFunction.Keyed keyed = function.keyed("Jefe".getBytes(UTF_8));
        for (int i = 0; i < 2; i++) {
            assertThat(HexFormat.of()
                            .formatHex(keyed.of("what do ya ".getBytes(UTF_8), "want for nothing?".getBytes(UTF_8))))
                    .isEqualTo(hmac);
        }
    }

    @ParameterizedTest
    @EnumSource
    void refusesAnEmptyKey(HashFunction function) {
        assertThatThrownBy(() -> function.hmac("", "text")).isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "SHA256", "sha-256", "sha224", "crc32"})
    void knowsDefinitionsWordsOnly(String word) {
        assertThat(HashFunction.named(word)).isEmpty();
    }

    @Test
    void namesTheHmacsAsTheJdkDoes() {
        assertThat(HashFunction.SHA_256.hmacName()).isEqualTo("HmacSHA256");
        assertThat(HashFunction.MD5.hmacName()).isEqualTo("HmacMD5");
    }
}
