package dev.latchkey.server.dashboard;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProviderSearchTest {
    private static final List<Provider> ALL = List.copyOf(Catalogue.load().all());

    @ParameterizedTest
    @CsvSource({
        "salesfroce, salesforce",
        "slak, slack",
        "githbu, github",
        "hubpsot, hubspot",
        "quickboks, quickbooks",
        "google calender, google-calendar",
        "git hub, github",
        "HubSpot, hubspot"
    })
    void findsTheProviderThatWasMeant(String typed, String meant) {
        assertThat(ProviderSearch.find(ALL, typed))
                .extracting(Provider::id)
                .as(typed)
                .startsWith(meant);
    }

    @Test
    void forgivesNothingWhereSomethingMatches() {
        assertThat(ProviderSearch.find(ALL, "slack"))
                .isNotEmpty()
                .allSatisfy(
                        provider -> assertThat(provider.name() + provider.id()).containsIgnoringCase("slack"));
    }

    @Test
    void findsNothingForWordsThatNoProviderHas() {
        assertThat(ProviderSearch.find(ALL, "xqzwvkj")).isEmpty();
    }

    @Test
    void popularProvidersComeFirstAndExist() throws IOException {
        List<String> popular;
        try (InputStream file =
                Objects.requireNonNull(ProviderSearchTest.class.getResourceAsStream("/popular-providers.txt"))) {
            popular = new String(file.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.startsWith("#") && !line.isBlank())
                    .toList();
        }

        assertThat(ProviderSearch.find(ALL, ""))
                .hasSameSizeAs(ALL)
                .extracting(Provider::id)
                .startsWith(popular.toArray(String[]::new));
    }
}
