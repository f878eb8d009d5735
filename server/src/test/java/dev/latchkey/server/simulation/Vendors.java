package dev.latchkey.server.simulation;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.lab.Lab;
import dev.latchkey.lab.LabApp;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.simulation.Ledger.Token;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import tools.jackson.databind.JsonNode;

/**
 * The lab as two vendors, in the simulation's own process, so that it outlives every node. Both rotate; a refresh token that is
 * used again ends its family at the strict one, and works for a while longer at the forgiving one. Thread-safe.
 */
final class Vendors implements AutoCloseable {
    static final String STRICT = "sim-strict";
    static final String FORGIVING = "sim-forgiving";
    private static final String HOST = "https://vendor.example";

    private final URI base = URI.create("http://127.0.0.1:" + Latchkey.freePort());
    private final HttpClient http = HttpClient.newHttpClient();
    private final Map<String, String> exchanges = new ConcurrentHashMap<>();
    private final Lab lab;
    private final WebServer server;

    Vendors(Path folder) throws IOException {
        Path definitions = Files.createDirectories(folder.resolve("vendors"));
        define(definitions, HOST, 0, 0);
        lab = new Lab(Catalogue.load(definitions), base, InstantSource.system(), new SecureRandom());
        HttpRouting.Builder routing = HttpRouting.builder();
        lab.route(routing);
        server = WebServer.builder()
                .port(base.getPort())
                .address(InetAddress.getLoopbackAddress())
                .shutdownHook(false)
                .routing(routing)
                .build()
                .start();
        HttpResponse<String> answer = send(HttpRequest.newBuilder(base.resolve("/lab/api/" + FORGIVING + "/rotation"))
                .POST(HttpRequest.BodyPublishers.ofString("{\"reuse_grace\": 3600}")));
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
    }

    /** Writes both vendors' definitions. @param node sent along with each token request, with its life; 0: not asked for */
    static void define(Path folder, String host, int node, int life) throws IOException {
        for (String vendor : new String[] {STRICT, FORGIVING}) {
            String address = node == 0 ? host : host + "/" + vendor;
            Files.writeString(folder.resolve(vendor + ".yaml"), """
                    id: %1$s
                    name: %1$s
                    tags: [other]
                    api_docs: https://vendor.example/docs
                    auth:
                      kind: oauth2_code
                      authorize: { url: "%2$s/authorize" }
                      exchange: { url: "%2$s/token"%3$s }
                      pkce: false
                    api: { base: "%2$s" }
                    """.formatted(
                            vendor,
                            address,
                            node == 0 ? "" : ", headers: { x-node: \"" + node + "\", x-life: \"" + life + "\" }"));
        }
    }

    LabApp app(String vendor) {
        return lab.app(vendor);
    }

    /** A user allows the app: the first tokens of a new family. */
    JsonNode newFamily(String vendor) {
        String callback = base + "/oauth/callback";
        URI consent = lab.locate(
                vendor,
                URI.create(HOST + "/authorize?response_type=code&state=s&client_id="
                        + app(vendor).clientId() + "&redirect_uri=" + encode(callback)));
        HttpResponse<String> decision = send(HttpRequest.newBuilder(consent)
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString("decision=allow&user=ada")));
        String code = String.valueOf(LabUser.query(LabUser.location(decision)).get("code"));
        String exchange = "grant_type=authorization_code&code=" + encode(code) + "&redirect_uri=" + encode(callback)
                + "&client_id=" + encode(app(vendor).clientId()) + "&client_secret="
                + encode(app(vendor).clientSecret());
        HttpResponse<String> answer = token(vendor, exchange);
        if (answer.statusCode() != 200) {
            throw new IllegalStateException(answer.body());
        }
        JsonNode tokens = Json.MAPPER.readTree(answer.body());
        exchanges.put(Token.of(tokens.path("refresh_token").asString()).family(), exchange);
        return tokens;
    }

    /** Ends a family by itself: a code that is exchanged again takes back what it brought (RFC 6749 section 4.1.2). */
    void revoke(String vendor, String family) {
        HttpResponse<String> answer = token(vendor, String.valueOf(exchanges.get(family)));
        if (answer.statusCode() != 400) {
            throw new IllegalStateException("the family was not revoked: " + answer.body());
        }
    }

    /** A request to the token endpoint, as it is. */
    HttpResponse<String> token(String vendor, String form) {
        return send(HttpRequest.newBuilder(lab.locate(vendor, URI.create(HOST + "/token")))
                .header("Content-Type", "application/x-www-form-urlencoded")
                .POST(HttpRequest.BodyPublishers.ofString(form)));
    }

    private HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    static Map<String, String> form(String body) {
        return LabUser.query(URI.create("http://form/?" + body));
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        server.stop();
        http.close();
    }
}
