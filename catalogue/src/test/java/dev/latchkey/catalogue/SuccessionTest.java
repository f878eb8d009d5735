package dev.latchkey.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SuccessionTest {
    private static final String BEFORE = """
            id: mine
            name: Mine
            api_docs: https://example.com/docs
            fields: { shop: { scope: connection, type: host_label }, pin: { scope: secret } }
            auth: { kind: oauth2_code, authorize: { url: "https://${config.shop}.example.com/authorize" }, exchange: { url: "https://${config.shop}.example.com/token", params: { pin: "${secret.pin}" } } }
            api: { base: https://api.example.com }
            """;

    private static Provider read(String text) {
        return Catalogue.load().read(text, Reach.PUBLIC);
    }

    /** The text before the arrow is replaced by the text after it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            kind: oauth2_code      | kind: oauth2_code, dpop: true | bound to no key
            kind: oauth2_code      | kind: oauth2_code, refresh: { policy: none } | refreshed any more
            kind: oauth2_code      | kind: oauth2_code, grant: client_credentials | granted otherwise
            pin: { scope: secret } | pin: { scope: secret }, other: { scope: secret, exposed: true } | lack the field 'other'
            pin: { scope: secret } | pin: { scope: connection } | with the scope secret
            """)
    void saysWhatWouldBreak(String part, String by, String reason) {
        String after = BEFORE.replace(part, by)
                .replace("${secret.pin}", by.contains("pin: { scope: connection") ? "${config.pin}" : "${secret.pin}");

        assertThat(Succession.problems(read(BEFORE), read(after)))
                .singleElement()
                .asString()
                .contains(reason);
    }

    @Test
    void anotherKindOfCredentialIsNoSuccessor() {
        Provider after = read("""
                id: mine
                name: Mine
                api_docs: https://example.com/docs
                auth: { kind: oauth2_client, exchange: { url: "https://api.example.com/token" } }
                """);

        assertThat(Succession.problems(read(BEFORE), after))
                .containsExactly("their credentials are of the kind OAUTH2, not OAUTH2_CC");
    }

    @Test
    void whatIsAddedWithADefaultOrNotAskedForBreaksNothing() {
        Provider after = read(BEFORE.replace(
                        "pin: { scope: secret }",
                        "pin: { scope: secret }, region: { scope: connection, default: eu, exposed: true }, team: { scope: connection, required: false, exposed: true }")
                .replace("base: https://api.example.com", "base: https://api.example.com/v2"));

        assertThat(Succession.problems(read(BEFORE), after)).isEmpty();
        assertThat(Succession.newHosts(read(BEFORE), after)).isEmpty();
    }

    @Test
    void namesEveryHostThatIsNew() {
        Provider after = read(BEFORE.replace("${config.shop}.example.com/token", "${config.shop}.example.net/token")
                .replace("base: https://api.example.com", "base: https://api.example.com, hosts: [files.example.org]"));

        assertThat(Succession.newHosts(read(BEFORE), after))
                .containsExactlyInAnyOrder("${config.shop}.example.net", "files.example.org");
    }
}
