package dev.latchkey.lab;

import static dev.latchkey.lab.LabServer.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.latchkey.catalogue.model.Verification;
import java.net.URI;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class LabTest {
    private LabServer server;

    @BeforeAll
    void start() {
        server = new LabServer();
    }

    @AfterAll
    void stop() {
        server.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ' ',
            value = {
                "https://github.com/login/oauth/authorize?x=1 /lab/github/github.com/login/oauth/authorize?x=1",
                "https://GitHub.com:8443/a%2Fb?q=a%20b+c&d= /lab/github/github.com:8443/a%2Fb?q=a%20b+c&d=",
                "https://api.github.com /lab/github/api.github.com",
                "https://[::1]/x /lab/github/%5B::1%5D/x",
                "https://github.com/app#/oauth?x=1 /lab/github/github.com/app?x=1"
            })
    void locatesAVendorsAddress(URI vendor, String located) {
        assertThat(server.lab().locate("github", vendor)).hasToString(server.base() + located);
    }

    @Test
    void locatesOnlyWhatTheCatalogueKnows() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.lab().locate("nobody", URI.create("https://example.com/")));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> server.lab().locate("github", URI.create("mailto:me@example.com")));
        assertThat(server.send(server.request("/lab/nobody/example.com/")).statusCode())
                .isEqualTo(404);
    }

    @Test
    void hasTheSameAppInEveryProcess() {
        LabApp app = server.lab().app("github");

        assertThat(app.clientId()).isEqualTo("lab-github");
        assertThat(app).isEqualTo(LabApp.of("github")).isNotEqualTo(LabApp.of("gitlab"));
        assertThat(app.toString()).doesNotContain(app.clientSecret());
    }

    @Test
    void listsWhatItPlays() {
        HttpResponse<String> page = server.send(server.request("/lab/"));

        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body())
                .contains("GitHub", "/lab/api/github/events", "SendGrid")
                .doesNotContain(server.lab().app("github").clientSecret());
    }

    @Test
    void takesSendGridsKeyWhereSendGridDoes() {
        DefinitionClient client = server.client("sendgrid");
        Verification.Probe probe = (Verification.Probe) client.provider.calls().verification();

        client.values.put("secret.apiKey", "SG.any-key");
        assertThat(client.call(probe.calls().getFirst()).statusCode()).isEqualTo(200);
        client.values.put("secret.apiKey", "SG.wrong");
        HttpResponse<String> wrong = client.call(probe.calls().getFirst());
        assertThat(wrong.statusCode()).isEqualTo(401);
        assertThat(json(wrong).path("error").asString()).isEqualTo("invalid_token");
        assertThat(wrong.headers().firstValue("www-authenticate")).isPresent();
        client.values.remove("secret.apiKey");
        assertThat(client.api("/v3/scopes").statusCode()).isEqualTo(401);
        assertThat(server.send(server.request("/lab/sendgrid/api.sendgrid.com/v3/scopes")
                                .header("x-api-key", "SG.any-key"))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void takesAKeyInThePathAndHidesItInTheEvents() {
        DefinitionClient client = server.client("quirk-bot");
        Verification.Probe probe = (Verification.Probe) client.provider.calls().verification();

        client.values.put("secret.key", "12345:abcdef");
        assertThat(client.call(probe.calls().getFirst()).statusCode()).isEqualTo(202);
        assertThat(client.api("/messages/1").statusCode()).isEqualTo(200);
        client.values.put("secret.key", "wrong");
        assertThat(client.api("/messages/1").statusCode()).isEqualTo(401);
        assertThat(server.send(server.request("/lab/api/quirk-bot/events")).body())
                .contains("bot.quirk.example/bot***/me", "bot.quirk.example/bot***/messages/1")
                .doesNotContain("12345", "abcdef");
    }

    @Test
    void takesAKeyInTheQuery() {
        DefinitionClient client = server.client("quirk-query");

        client.values.put("secret.key", "abc");
        assertThat(client.api("/me").statusCode()).isEqualTo(200);
        client.values.put("secret.key", "wrong");
        assertThat(client.api("/me").statusCode()).isEqualTo(401);
        client.values.remove("secret.key");
        assertThat(client.api("/me").statusCode()).isEqualTo(401);
    }

    @Test
    void takesUserAndPasswordByBasic() {
        DefinitionClient client = server.client("twilio");
        client.values.put("secret.username", "AC1");
        client.values.put("secret.password", "right");

        assertThat(client.api("/2010-04-01/Accounts.json").statusCode()).isEqualTo(200);
        client.values.put("secret.password", "Wrong!");
        assertThat(client.api("/2010-04-01/Accounts.json").statusCode()).isEqualTo(401);
    }

    @Test
    void takesShopifysTokenInShopifysHeaderAlone() {
        DefinitionClient client = server.client("shopify");
        String token = json(client.exchange()).path("access_token").asString();

        assertThat(client.api("/admin/api/shop.json", token).statusCode()).isEqualTo(200);
        assertThat(server.send(server.request("/lab/shopify/acme.myshopify.com/admin/api/shop.json")
                                .header("authorization", "Bearer " + token))
                        .statusCode())
                .isEqualTo(401);
    }

    @Test
    void answersEveryoneWhereNoCredentialIsAskedFor() {
        assertThat(server.send(server.request("/lab/unauthenticated/api.example.com/me"))
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void leavesRepeatedParametersOfAnApiAlone() {
        DefinitionClient client = server.client("github");
        String token = json(client.exchange()).path("access_token").asString();

        assertThat(client.api("/search?id=1&id=2", token).statusCode()).isEqualTo(200);
    }
}
