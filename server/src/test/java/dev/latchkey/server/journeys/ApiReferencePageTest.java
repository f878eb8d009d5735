package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import org.junit.jupiter.api.Test;

class ApiReferencePageTest {
    @Test
    void showsEveryOperationWithWhatItNeeds() {
        try (Latchkey latchkey = Latchkey.start()) {
            String page = latchkey.sendAs("", "GET", "/docs/api", "").body();

            assertThat(page)
                    .contains("Import a connection", "provider_config_key", "environment:connections:create")
                    .contains("token in the query")
                    .doesNotContain("<script");
            assertThat(page.split("<details", -1)).hasSizeGreaterThan(30);
        }
    }
}
