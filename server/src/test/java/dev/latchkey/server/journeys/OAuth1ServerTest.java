package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** OAuth 1.0a (RFC 5849) against a server that other people wrote: Debian's python3-oauthlib. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OAuth1ServerTest {
    private static final String SECRET = "consumer secret &/+%";

    private Process server;
    private Latchkey latchkey;
    private KeyPair keys;

    @BeforeAll
    void start() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        keys = generator.generateKeyPair();
        ProcessBuilder builder = new ProcessBuilder("/usr/bin/python3", "src/test/python/oauth1_server.py");
        builder.redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment()
                .putAll(Map.of(
                        "CLIENT_KEY",
                        "consumerkey1",
                        "CLIENT_SECRET",
                        SECRET,
                        "PUBLIC_KEY",
                        pem("PUBLIC KEY", keys.getPublic().getEncoded())));
        server = builder.start();
        String line = server.inputReader().readLine();
        assertThat(line).as("is python3-oauthlib installed?").startsWith("listening ");
        String base = "http://127.0.0.1:" + line.substring("listening ".length());
        Path folder = Files.createTempDirectory("oauth1-");
        for (String method : List.of("HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT")) {
            define(folder, base, method);
        }
        int port = Latchkey.freePort();
        latchkey = Latchkey.start(Map.of(
                "LATCHKEY_PORT", Integer.toString(port),
                "LATCHKEY_PROVIDERS_DIR", folder.toString(),
                "LATCHKEY_EGRESS_ALLOW", base.substring("http://".length())));
    }

    private static void define(Path folder, String base, String method) throws IOException {
        String id = id(method);
        Files.writeString(folder.resolve(id + ".yaml"), """
                id: %1$s
                name: %1$s
                api_docs: https://example.com/docs
                auth:
                  kind: oauth1
                  request: { url: "%2$s/request", method: POST }
                  authorize: { url: "%2$s/authorize" }
                  access: { url: "%2$s/access", method: POST }
                  signature: %3$s
                api: { base: "%2$s", sign: oauth1 }
                """.formatted(id, base, method));
    }

    private static String id(String method) {
        return "one-" + method.toLowerCase(java.util.Locale.ROOT);
    }

    private static String pem(String label, byte[] key) {
        return "-----BEGIN " + label + "-----\n" + Base64.getMimeEncoder().encodeToString(key) + "\n-----END " + label
                + "-----\n";
    }

    @AfterAll
    void stop() {
        latchkey.close();
        server.destroyForcibly();
    }

    private void integrate(String method, String key, String secret) {
        var body = Json.MAPPER.createObjectNode().put("provider", id(method)).put("unique_key", key);
        var credentials = body.putObject("credentials")
                .put("type", "OAUTH1")
                .put("client_id", "consumerkey1")
                .put("client_secret", secret);
        if (method.equals("RSA-SHA1")) {
            credentials.put("private_key", pem("PRIVATE KEY", keys.getPrivate().getEncoded()));
            credentials.remove("client_secret");
        }
        latchkey.call("POST", "/integrations", body.toString(), 200);
    }

    private HttpResponse<String> connect(String key) {
        LabUser user = new LabUser();
        URI page = LabUser.location(user.get(NodeClientTest.startNamed(latchkey, key, key)));
        return user.get(LabUser.location(user.get(page)));
    }

    private HttpResponse<String> call(String key, String method, String path, String body) {
        return latchkey.send(method, path, body, Map.of("Provider-Config-Key", key, "Connection-Id", key));
    }

    @ParameterizedTest
    @ValueSource(strings = {"HMAC-SHA1", "HMAC-SHA256", "RSA-SHA1", "PLAINTEXT"})
    void connectsAndSignsEachCall(String method) {
        String key = id(method);
        integrate(method, key, SECRET);

        assertThat(connect(key).statusCode()).isEqualTo(200);

        // What is signed is more than the path: a query with odd characters, one name twice, a form.
        for (String path : List.of("/proxy/me", "/proxy/items?q=a%20b%2Bc&q=%C3%A4&empty=")) {
            HttpResponse<String> answer = call(key, "GET", path, "");
            assertThat(answer.body()).isEqualTo("{\"valid\": true}");
        }
        assertThat(call(key, "POST", "/proxy/items?a=1", "b=2&c=%2B+d").body()).isEqualTo("{\"valid\": true}");
        assertThat(latchkey.call("GET", "/connections/" + key + "?provider_config_key=" + key, "", 200)
                        .at("/credentials/type")
                        .asString())
                .isEqualTo("OAUTH1");
    }

    @Test
    void aWrongConsumerSecretIsRefusedBeforeAnybodyIsSentAnywhere() {
        integrate("HMAC-SHA1", "wrong", "another secret");

        HttpResponse<String> answer = new LabUser().get(NodeClientTest.startNamed(latchkey, "wrong", "c1"));

        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(answer.body()).doesNotContain("another secret");
        assertThat(latchkey.send("GET", "/connections/c1?provider_config_key=wrong", "")
                        .statusCode())
                .isEqualTo(404);
    }
}
