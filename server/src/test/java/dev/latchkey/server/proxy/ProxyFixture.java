package dev.latchkey.server.proxy;

import dev.latchkey.server.api.Latchkey;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** A Latchkey whose catalogue has a provider {@code acme} that an {@link Upstream} plays, with one connection {@code c1}. */
final class ProxyFixture implements AutoCloseable {
    final Upstream upstream;
    /** An address that is none of the provider's, though the operator lets it be called. */
    final Upstream stranger;

    final Latchkey latchkey;
    final HttpClient http = HttpClient.newHttpClient();

    /** @param api lines of the definition's {@code api} block beside its base, indented by two; {upstream} is the vendor's address */
    ProxyFixture(String auth, String fields, String api, Map<String, String> settings) throws IOException {
        upstream = new Upstream();
        stranger = new Upstream();
        Path providers = Files.createTempDirectory("providers");
        Files.writeString(providers.resolve("acme.yaml"), """
                id: acme
                name: Acme
                tags: [test]
                api_docs: https://docs.example.com/
                %s
                %s
                api:
                  base: %s/base
                %s
                """.formatted(
                        fields, auth, upstream.address(), api.replace("{upstream}", upstream.address())));
        Map<String, String> all = new TreeMap<>(Map.of(
                "LATCHKEY_PROVIDERS_DIR",
                providers.toString(),
                "LATCHKEY_LAB",
                "false",
                "LATCHKEY_EGRESS_ALLOW",
                "127.0.0.1:" + upstream.port() + ",127.0.0.1:" + stranger.port()));
        all.putAll(settings);
        // Tests add to what may be called.
        String more = all.remove("LATCHKEY_EGRESS_EXTRA");
        if (more != null) {
            all.merge("LATCHKEY_EGRESS_ALLOW", more, (a, b) -> a + "," + b);
        }
        latchkey = Latchkey.start(all);
        integration("acme");
    }

    /** With a client where the provider's kind needs one. */
    void integration(String key) {
        String mode = latchkey.call("GET", "/providers/acme", "", 200)
                .at("/data/auth_mode")
                .asString();
        String client = mode.equals("OAUTH2") || mode.equals("OAUTH1") ? """
                , "credentials": {"type": "%s", "client_id": "id", "client_secret": "secret"}""".formatted(mode) : "";
        latchkey.call("POST", "/integrations", """
                {"provider": "acme", "unique_key": "%s"%s}""".formatted(key, client), 200);
    }

    static ProxyFixture oauth2() throws IOException {
        return oauth2("");
    }

    static ProxyFixture oauth2(String api) throws IOException {
        return oauth2(api, Map.of());
    }

    static ProxyFixture oauth2(String api, Map<String, String> settings) throws IOException {
        ProxyFixture fixture = new ProxyFixture("""
                auth:
                  kind: oauth2_code
                  authorize: { url: https://acme.example.com/authorize }
                  exchange: { url: https://acme.example.com/token }""", "", api, settings);
        fixture.connect("""
                {"type": "OAUTH2", "access_token": "at-1"}""");
        return fixture;
    }

    void connect(String credentials) {
        latchkey.call("POST", "/connections", """
                {"provider_config_key": "acme", "connection_id": "c1", "credentials": %s}""".formatted(credentials), 201);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(latchkey.address + "/proxy" + path))
                .header("Authorization", "Bearer " + latchkey.key)
                .header("Provider-Config-Key", "acme")
                .header("Connection-Id", "c1");
    }

    HttpResponse<String> get(String path, String... headers) throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path);
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    HttpResponse<String> send(String method, String path, String body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path).method(method, HttpRequest.BodyPublishers.ofString(body));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    }

    /** What comes back, byte by byte until the connection ends, for a request written by hand. */
    String raw(String method, String path, String headers, String body) throws IOException {
        try (Socket socket = open(method, path, headers, body)) {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
        }
    }

    Socket open(String method, String path, String headers, String body) throws IOException {
        Socket socket = new Socket("127.0.0.1", latchkey.address.getPort());
        socket.setSoTimeout(60_000);
        OutputStream out = socket.getOutputStream();
        out.write((method + " /proxy" + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + latchkey.key
                        + "\r\nProvider-Config-Key: acme\r\nConnection-Id: c1\r\n" + headers + "\r\n" + body)
                .getBytes(StandardCharsets.ISO_8859_1));
        out.flush();
        return socket;
    }

    /** The head of an answer, line by line. */
    static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int one = in.read();
            if (one < 0) {
                return head.toString();
            }
            head.append((char) one);
        }
        return head.toString();
    }

    @Override
    public void close() throws IOException {
        latchkey.close();
        upstream.close();
        stranger.close();
    }
}
