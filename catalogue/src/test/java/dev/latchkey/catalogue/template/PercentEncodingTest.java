package dev.latchkey.catalogue.template;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Three readers, three sets of characters that stay; each reads back what was written. */
class PercentEncodingTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "' '  | %20    | %20    | +",
                "+    | %2B    | %2B    | %2B",
                "*    | *      | %2A    | *",
                "~    | %7E    | ~      | %7E",
                "%7E  | %257E  | %257E  | %257E",
                "%2B+ | %252B%2B | %252B%2B | %252B%2B",
                "-._  | -._    | -._    | -._",
                "aZ9  | aZ9    | aZ9    | aZ9",
                "/?#& | %2F%3F%23%26 | %2F%3F%23%26 | %2F%3F%23%26",
                "é€😀 | %C3%A9%E2%82%AC%F0%9F%98%80 | %C3%A9%E2%82%AC%F0%9F%98%80 | %C3%A9%E2%82%AC%F0%9F%98%80"
            })
    void encodesForEachReader(String text, String encoded, String strict, String form) {
        assertThat(PercentEncoding.encode(text)).isEqualTo(encoded);
        assertThat(PercentEncoding.strict(text)).isEqualTo(strict);
        assertThat(PercentEncoding.form(text)).isEqualTo(form);
        for (String written : new String[] {encoded, strict, form}) {
            assertThat(URLDecoder.decode(written, StandardCharsets.UTF_8)).isEqualTo(text);
        }
    }
}
