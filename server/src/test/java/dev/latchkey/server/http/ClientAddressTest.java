package dev.latchkey.server.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.helidon.http.HeaderNames;
import io.helidon.http.WritableHeaders;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClientAddressTest {
    /** Two pages behind such a proxy have one address, and need not be of one person. */
    @ParameterizedTest
    @ValueSource(strings = {"X-Forwarded-For", "x-forwarded-for", "Forwarded"})
    void behindAProxyThatIsNotTrustedNobodysAddressIsKnown(String header) {
        WritableHeaders<?> headers = WritableHeaders.create();
        assertThat(new ClientAddress(false).isKnown(headers)).isTrue();

        headers.set(HeaderNames.create(header), "192.0.2.1");

        assertThat(new ClientAddress(false).isKnown(headers)).isFalse();
        assertThat(new ClientAddress(true).isKnown(headers)).isTrue();
    }
}
