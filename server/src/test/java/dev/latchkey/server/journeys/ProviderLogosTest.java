package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The logos that an environment gives to providers by the API. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProviderLogosTest {
    private static final String SVG =
            "<svg xmlns=\"http://www.w3.org/2000/svg\"><script>alert(1)</script><path d=\"M0 0\"/></svg>";

    private final HttpClient http = HttpClient.newHttpClient();
    private Latchkey latchkey;

    @BeforeAll
    void start() {
        latchkey = Latchkey.start();
    }

    @AfterAll
    void stop() {
        latchkey.close();
        http.close();
    }

    private static String body(String type, byte[] content) {
        return "{\"logo\": \"data:image/" + type + ";base64,"
                + Base64.getEncoder().encodeToString(content) + "\"}";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private String address(String provider) {
        return latchkey.call("GET", "/providers/" + provider, "", 200)
                .at("/data/logo_url")
                .asString();
    }

    private HttpResponse<byte[]> picture(String address) throws Exception {
        return http.send(HttpRequest.newBuilder(URI.create(address)).build(), HttpResponse.BodyHandlers.ofByteArray());
    }

    @Test
    void aShippedProviderHasTheLogoThatWasGivenUntilItIsTakenAway() throws Exception {
        String before = address("github");
        byte[] shipped = picture(before).body();

        String given = latchkey.call("PUT", "/providers/github/logo", body("svg+xml", bytes(SVG)), 200)
                .at("/data/logo_url")
                .asString();

        assertThat(given).isNotEqualTo(before).isEqualTo(address("github"));
        HttpResponse<byte[]> picture = picture(given);
        assertThat(new String(picture.body(), StandardCharsets.UTF_8)).isEqualTo(SVG);
        assertThat(picture.headers().firstValue("content-type")).hasValue("image/svg+xml");
        assertThat(picture.headers().firstValue("content-security-policy").orElse(""))
                .contains("default-src 'none'", "sandbox");
        assertThat(picture(before).body()).as("of the others").isEqualTo(shipped);

        latchkey.call("DELETE", "/providers/github/logo", "", 200);
        assertThat(address("github")).isEqualTo(before);
        latchkey.call("DELETE", "/providers/github/logo", "", 404);
    }

    @Test
    void anotherLogoTakesItsPlace() throws Exception {
        byte[] png = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
        latchkey.call("PUT", "/providers/gitlab/logo", body("svg+xml", bytes(SVG)), 200);
        latchkey.call("PUT", "/providers/gitlab/logo", body("png", png), 200);

        HttpResponse<byte[]> picture = picture(address("gitlab"));
        assertThat(picture.body()).isEqualTo(png);
        assertThat(picture.headers().firstValue("content-type")).hasValue("image/png");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "{\"logo\": \"https://vendor.example/logo.png\"}",
                "{\"logo\": \"data:image/png,abc\"}",
                "{\"logo\": \"data:text/html;base64,PHNjcmlwdD4=\"}",
                "{\"logo\": \"data:image/png;base64,PHNjcmlwdD4=\"}",
                "{\"logo\": \"data:image/svg+xml;base64,PHN2Zy8+\", \"more\": 1}"
            })
    void whatIsNoPictureIsRefused(String body) {
        latchkey.call("PUT", "/providers/github/logo", body, 400);
    }

    @Test
    void aPictureThatIsTooLargeIsRefusedAndSoIsAnUnknownProvider() {
        latchkey.call("PUT", "/providers/slack/logo", body("svg+xml", bytes(SVG + " ".repeat(256 * 1024))), 400);
        latchkey.call("PUT", "/providers/not-there/logo", body("svg+xml", bytes(SVG)), 404);
    }
}
