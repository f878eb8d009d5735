package dev.latchkey.server.webhooks.inbound;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.webhooks.outbound.Receiver;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Vendors whose webhooks name no account: Nango's setup guides have users put {@code nangoConnectionId} into the address, or the body. */
class NangoConnectionIdTest {
    private static final String SECRET = "webhook-secret-1";
    private static final String ID = "org/1 a|b";

    private static final HttpClient HTTP = HttpClient.newHttpClient();
    private static final Receiver PRODUCT = new Receiver();
    private static Latchkey latchkey;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void start() throws IOException {
        for (String id : providers()) {
            // As shipped, but for the request to the vendor that tries a key.
            Files.writeString(
                    folder.resolve(id + ".yaml"),
                    Files.readString(Path.of("../catalogue/src/main/resources/providers/" + id + ".yaml"))
                            .replaceAll("(?m)^verify: .*$", "verify: none"));
        }
        latchkey = Latchkey.start(
                Map.of("LATCHKEY_EGRESS_ALLOW", PRODUCT.host(), "LATCHKEY_PROVIDERS_DIR", folder.toString()));
        latchkey.call(
                "POST",
                "/environment/webhooks",
                "{\"url\": \"" + PRODUCT.url("/hooks") + "\", \"events\": {\"connection.created\": false}}",
                201);
    }

    @AfterAll
    static void stop() {
        latchkey.close();
        PRODUCT.close();
        HTTP.close();
    }

    static List<String> providers() {
        return Catalogue.load().all().stream()
                .filter(one -> one.webhook()
                        .filter(it ->
                                it.match().getOrDefault("connection", List.of()).contains("query.nangoConnectionId"))
                        .isPresent())
                .map(Provider::id)
                .toList();
    }

    @Test
    void someDefinitionsTakeIt() {
        assertThat(providers()).hasSizeGreaterThan(2);
    }

    @ParameterizedTest
    @MethodSource("providers")
    void aProvenWebhookReachesTheConnectionThatItNames(String provider) throws Exception {
        boolean byUser =
                Catalogue.load().find(provider).orElseThrow().auth().facts().needsClient();
        latchkey.call(
                "POST",
                "/integrations",
                """
                {"provider": "%s", "unique_key": "%s", "webhook_secret": "%s"%s}""".formatted(
                                provider,
                                provider,
                                SECRET,
                                byUser
                                        ? ", \"credentials\": {\"type\": \"OAUTH2\", \"client_id\": \"i\", \"client_secret\": \"s\"}"
                                        : ""),
                200);
        latchkey.call(
                "POST",
                "/connections",
                """
                {"provider_config_key": "%s", "connection_id": "%s", "credentials": %s}""".formatted(
                                provider,
                                ID,
                                byUser
                                        ? "{\"type\": \"OAUTH2\", \"access_token\": \"at\"}"
                                        : "{\"type\": \"API_KEY\", \"apiKey\": \"cal_glpat-0123456789abcdefghij\"}"),
                201);
        PRODUCT.requests().clear();
        URI plain = address(provider);
        URI named = URI.create(plain + "?nangoConnectionId="
                + URLEncoder.encode(ID, StandardCharsets.UTF_8).replace("+", "%20"));

        assertThat(send(named, "{\"n\": 1}", "wrong")).isEqualTo(401);
        assertThat(send(named, "{\"n\": 2}", SECRET)).isEqualTo(200);
        assertThat(send(plain, "{\"n\": 3, \"nangoConnectionId\": \"" + ID + "\"}", SECRET))
                .isEqualTo(200);
        assertThat(send(URI.create(plain + "?nangoConnectionId=another"), "{\"n\": 4}", SECRET))
                .isEqualTo(200);

        await().until(() -> PRODUCT.requests().size() >= 3);
        assertThat(PRODUCT.requests().stream().map(Receiver.Request::json))
                .extracting(one -> one.at("/payload/n").asInt() + " "
                        + one.path("connectionId").asString("none"))
                .containsExactlyInAnyOrder("2 " + ID, "3 " + ID, "4 none");
    }

    private static URI address(String provider) {
        return URI.create(latchkey.call("GET", "/integrations/" + provider + "?include=webhook", "", 200)
                .at("/data/webhook_url")
                .asString());
    }

    private static int send(URI to, String body, String secret) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
        return HTTP.send(
                        HttpRequest.newBuilder(to)
                                .POST(HttpRequest.BodyPublishers.ofString(body))
                                .header("X-Cal-Signature-256", signature)
                                .header("X-Gitlab-Token", secret)
                                .header("X-Gitlab-Event", "Push Hook")
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .statusCode();
    }
}
