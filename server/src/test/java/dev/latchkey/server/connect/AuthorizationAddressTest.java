package dev.latchkey.server.connect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.Reach;
import java.net.URI;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AuthorizationAddressTest {
    private static Auth.Authorize authorize(String block) {
        return Catalogue.load()
                .read("""
                        id: acme
                        name: Acme
                        api_docs: https://acme.example/docs
                        auth: { kind: oauth2_code, authorize: { %s }, exchange: { url: https://acme.example/token } }
                        """.formatted(block), Reach.OPERATOR)
                .auth()
                .facts()
                .codeGrant()
                .orElseThrow()
                .consent()
                .authorize();
    }

    /** A query behind a fragment would stay in the browser, and the vendor would see a request without any parameter. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            url: "https://acme.example/o"                       | https://acme.example/o?client_id=c
            url: "https://acme.example/o?x=1"                   | https://acme.example/o?x=1&client_id=c
            url: "https://acme.example/o#wechat_redirect"       | https://acme.example/o?client_id=c#wechat_redirect
            url: "https://acme.example/o?x=1#wechat_redirect"   | https://acme.example/o?x=1&client_id=c#wechat_redirect
            url: "https://acme.example/o", fragment: /page      | https://acme.example/o#/page?client_id=c
            """)
    void keepsTheFragmentOfThePage(String block, String expected) {
        assertThat(AuthorizationRequest.address(
                        authorize(block), reference -> Optional.empty(), Map.of("client_id", "c")))
                .isEqualTo(URI.create(expected));
    }
}
