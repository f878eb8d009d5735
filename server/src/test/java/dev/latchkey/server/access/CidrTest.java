package dev.latchkey.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
    @ParameterizedTest
    @CsvSource({
        "203.0.113.0/24, 203.0.113.255, true",
        "203.0.113.0/24, 203.0.114.0, false",
        "203.0.113.7, 203.0.113.7, true",
        "203.0.113.7, 203.0.113.8, false",
        "203.0.113.128/25, 203.0.113.127, false",
        "203.0.113.128/25, 203.0.113.128, true",
        "0.0.0.0/0, 198.51.100.1, true",
        "0.0.0.0/0, 2001:db8::1, false",
        "2001:db8::/32, 2001:db8:ffff::1, true",
        "2001:db8::/32, 2001:db9::1, false",
        "2001:db8::/33, 2001:db8:8000::1, false",
        "2001:db8::1, 2001:db8:0:0:0:0:0:1, true",
        "::/0, ::1, true",
        "::/0, 127.0.0.1, false",
        "127.0.0.1, ::ffff:127.0.0.1, true",
        "127.0.0.1, localhost, false",
        "127.0.0.1, '', false"
    })
    void aRangeHoldsItsAddressesAndNoOther(String range, String address, boolean inside) {
        assertThat(Cidr.parse(range).orElseThrow().contains(address)).isEqualTo(inside);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "localhost",
                "example.com",
                "203.0.113.7/24",
                "203.0.113.0/33",
                "203.0.113.0/-1",
                "203.0.113.0/",
                "203.0.113.0/24/1",
                "203.0.113",
                "2130706433",
                "0x7f.1",
                "203.0.113.256",
                "0177.0.0.1",
                "203.0.113.07",
                "2001:db8::1/32",
                "2001:db8::/129",
                "2001:db8::%eth0",
                " 203.0.113.7"
            })
    void whatIsNoRangeIsRefused(String text) {
        assertThat(Cidr.parse(text)).isEmpty();
    }

    @Test
    void itIsWrittenAsItCanBeReadAgain() {
        for (String text : new String[] {"203.0.113.0/24", "2001:db8::/32", "203.0.113.7", "::1"}) {
            Cidr range = Cidr.parse(text).orElseThrow();
            assertThat(Cidr.parse(range.toString()).orElseThrow()).hasToString(range.toString());
        }
    }
}
