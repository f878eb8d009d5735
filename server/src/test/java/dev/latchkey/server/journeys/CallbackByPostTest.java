package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** V19, V20: callbacks as browsers bring them, by a form of the vendor's page and again by a reload; and who may frame the Connect UI. */
class CallbackByPostTest {
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start();
        latchkey.labIntegration("github", "gh");
        latchkey.call("PATCH", "/environment", "{\"confirm_user\": \"never\"}", 200);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    private static URI begun() {
        return latchkey.address.resolve("/oauth/connect/gh?connect_session_token=" + latchkey.session("gh"));
    }

    private static URI callback() {
        return latchkey.address.resolve("/oauth/callback");
    }

    private static int connections() {
        return latchkey.call("GET", "/connections", "", 200).path("connections").size();
    }

    @Test
    void v19_aFormOfTheVendorsPageConnectsAsAQueryDoes() {
        LabUser user = new LabUser();
        String query = user.callback(begun()).getRawQuery();
        int before = connections();

        HttpResponse<String> page = user.send(callback(), query);

        assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
        assertThat(connections()).isEqualTo(before + 1);
    }

    @Test
    void v19_withoutTheCookieThatBrowsersHoldBackTheFormIsRepeatedByGet() throws Exception {
        LabUser user = new LabUser();
        URI address = user.callback(begun());
        int before = connections();
        try (HttpClient crossSite = HttpClient.newHttpClient()) {
            HttpResponse<String> sentOn = crossSite.send(
                    HttpRequest.newBuilder(callback())
                            .header("Content-Type", "application/x-www-form-urlencoded")
                            .POST(HttpRequest.BodyPublishers.ofString(address.getRawQuery()))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());

            assertThat(sentOn.statusCode()).isEqualTo(303);
            assertThat(connections()).isEqualTo(before);

            HttpResponse<String> page = user.get(callback().resolve(LabUser.location(sentOn)));

            assertThat(page.statusCode()).as(page.body()).isEqualTo(200);
            assertThat(connections()).isEqualTo(before + 1);
        }
    }

    @Test
    void v19_aFormThatIsTooLargeIsRefused() {
        HttpResponse<String> answer = new LabUser().send(callback(), "state=" + "x".repeat(70_000));

        assertThat(answer.statusCode()).isEqualTo(413);
    }

    @Test
    void v20_aReloadSaysWhatTheFirstPageSaid() {
        LabUser user = new LabUser();
        URI address = user.callback(begun());
        HttpResponse<String> first = user.get(address);
        int connected = connections();

        HttpResponse<String> again = user.get(address);

        assertThat(again.statusCode()).isEqualTo(200);
        assertThat(again.body()).isEqualTo(first.body());
        assertThat(connections()).isEqualTo(connected);
        assertThat(new LabUser().get(address).statusCode())
                .as("another browser learns nothing")
                .isEqualTo(400);
    }

    @Test
    void v20_aReloadAfterARefusalSaysTheRefusal() {
        LabUser user = new LabUser();
        URI address = user.decide(LabUser.location(user.get(begun())), "deny");
        HttpResponse<String> first = user.get(address);

        HttpResponse<String> again = user.get(address);

        assertThat(first.statusCode()).isEqualTo(400);
        assertThat(again.statusCode()).isEqualTo(400);
        assertThat(again.body()).isEqualTo(first.body());
    }

    @Test
    void aHeadOfTheCallbackUsesNothingUp() throws Exception {
        LabUser user = new LabUser();
        URI address = user.callback(begun());
        try (HttpClient scanner = HttpClient.newHttpClient()) {
            assertThat(scanner.send(
                                    HttpRequest.newBuilder(address).HEAD().build(),
                                    HttpResponse.BodyHandlers.discarding())
                            .statusCode())
                    .isEqualTo(200);
        }

        assertThat(user.get(address).statusCode()).isEqualTo(200);
    }

    @Test
    void a17_onlyTheListedOriginsFrameTheConnectUi() {
        String page = "/connect/?session_token=" + latchkey.session("gh");
        assertThat(policy(page)).doesNotContain("frame-ancestors");

        latchkey.call("PATCH", "/environment", """
                {"connect_ui_parents": ["https://app.example.com", "https://*.example.org:8443", "capacitor://localhost"]}""", 200);

        assertThat(latchkey.call("GET", "/environment", "", 200)
                        .at("/data/connect_ui_parents/1")
                        .asString())
                .isEqualTo("https://*.example.org:8443");
        assertThat(policy(page))
                .contains("frame-ancestors https://app.example.com https://*.example.org:8443 capacitor://localhost");
        for (String wrong : new String[] {
            "http://app.example.com",
            "https://a.example.com/path",
            "*",
            "https://a b",
            "https://a;script-src *",
            "javascript://x",
            "'self'",
            "a.example.com"
        }) {
            latchkey.call("PATCH", "/environment", "{\"connect_ui_parents\": [\"" + wrong + "\"]}", 400);
        }
        latchkey.call("PATCH", "/environment", "{\"connect_ui_parents\": []}", 200);
        assertThat(policy(page)).doesNotContain("frame-ancestors");
    }

    private static String policy(String page) {
        return latchkey.get(page, Map.of())
                .headers()
                .firstValue("content-security-policy")
                .orElseThrow();
    }
}
