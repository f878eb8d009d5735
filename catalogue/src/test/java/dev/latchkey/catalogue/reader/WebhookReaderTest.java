package dev.latchkey.catalogue.reader;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The secret that signs events must sign nothing else that a caller chooses. */
class WebhookReaderTest {
    private static String problems(String challenge) {
        return Catalogue.problems("acme.yaml", """
                id: acme
                name: Acme
                api_docs: https://acme.example/docs
                auth: { kind: none }
                api: { base: https://api.acme.example }
                verify: none
                webhook:
                  secret: app.webhookSecret
                  challenge: { when: { has: query.c }, %s }
                  verify: { hmac: sha256, enc: hex, header: x-signature, over: body }
                """.formatted(challenge)).toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reply: query.c",
                "signed: true, reply: \"${hmac('sha256', key, body, 'hex')}\"",
                "nonce: query.c, reply: \"${hmac('sha256', key, query.c, 'hex')}\"",
                "nonce: query.c, json: { c: \"${query.c}\", r: \"v=${hmac('sha256', key, query.c, 'hex')}\" }",
                "headers: { x-c: \"${query.c}\" }"
            })
    void aReplyIsMadeOfWhatIsSentOrOfANonce(String challenge) {
        assertThat(problems(challenge)).isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "reply: \"${hmac('sha256', key, query.c, 'hex')}\"",
                "nonce: query.c, reply: \"${hmac('sha256', key, body, 'hex')}\"",
                "nonce: query.c, json: { r: \"${hmac('sha256', key, query.c + query.d, 'hex')}\" }",
                "nonce: query.c, headers: { x-r: \"${hmac('sha256', key, header.x-other, 'hex')}\" }",
                "nonce: query.c, reply: \"${key}\""
            })
    void theSecretSignsNothingElse(String challenge) {
        assertThat(problems(challenge)).contains("a reply made with the secret needs signed: true, or nonce");
    }
}
