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

    private static String verifyProblems(String verify) {
        return Catalogue.problems("acme.yaml", """
                id: acme
                name: Acme
                api_docs: https://acme.example/docs
                auth: { kind: none }
                api: { base: https://api.acme.example }
                verify: none
                webhook:
                  secret: app.webhookSecret
                  verify: { %s }
                """.formatted(verify)).toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "key_set: https://acme.example/jwks, key_id: header.x-kid, enc: base64, header: x-sig, over: body",
                "named_key: { host: keys.acme.example, path: header.x-key }, enc: base64, header: x-sig, over: body",
                "certificate: { address: header.x-cert, hosts: [api.acme.example], subject: .acme.example }, enc: base64, header: x-sig, over: body",
                "jwt: header.authorization, alg: rs256, key_set: https://acme.example/jwks, claims: { aud: \"${client_id}\" }, max_age: 300s",
                "jwt: header.authorization, alg: es256, public_key: secret",
                "jwt: body, claims: { iss: acme }",
                "hmac: sha256, enc: base64url, key: sha256, signature: json(body.data).sig, over: \"${maybe.body.a + ':' + body_crc32}\""
            })
    void aVendorsKeyComesFromWhereTheDefinitionSays(String verify) {
        assertThat(verifyProblems(verify)).isEqualTo("[]");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "key_set: https://acme.example/jwks, header: x-sig, over: body",
                "key_set: http://acme.example/jwks, key_id: header.x-kid, header: x-sig, over: body",
                "certificate: { address: header.x-cert, subject: .acme.example }, header: x-sig, over: body",
                "certificate: { address: header.x-cert, hosts: [https://acme.example], subject: a }, header: x-sig, over: body",
                "named_key: { host: \"*.acme.example\", path: header.x-key }, header: x-sig, over: body",
                "jwt: header.authorization, alg: rs256",
                "jwt: header.authorization, alg: none, public_key: secret",
                "jwt: header.authorization, public_key: secret"
            })
    void aKeyThatTheSenderCouldChooseIsRefused(String verify) {
        assertThat(verifyProblems(verify)).isNotEqualTo("[]");
    }

    @org.junit.jupiter.api.Test
    void aVendorCannotHaveWebhooksAndNone() {
        assertThat(Catalogue.problems("acme.yaml", """
                        id: acme
                        name: Acme
                        api_docs: https://acme.example/docs
                        auth: { kind: none }
                        api: { base: https://api.acme.example }
                        verify: none
                        no_webhooks: { why: It sends none., page: https://acme.example/docs }
                        webhook: { verify: none }
                        """).toString()).contains("there is a webhook: section");
    }
}
