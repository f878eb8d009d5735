package dev.latchkey.spring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The same on WebFlux. */
class ReactiveStarterTest extends StarterTest {
    @Override
    String kind() {
        return "reactive";
    }

    @Test
    void aRequestNamesItsConnection() throws Exception {
        fake.connection("github", "shared").withToken("token-2");

        assertThat(get("/named?api=" + encoded(provider.address) + "&id=shared").body())
                .isEqualTo("{\"text\":\"token-2\"}");
    }
}
