package dev.latchkey.server.drift;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Reach;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/** A vendor on loopback, healthy but for one decay. */
final class Vendor implements AutoCloseable {
    static final String METADATA = "/.well-known/oauth-authorization-server";
    private static final char[] PASSWORD = "changeit".toCharArray();

    private final HttpServer server;
    private final boolean tls;
    private String certificate = "";
    /** Whatever arrived, as text. */
    final List<String> received = new CopyOnWriteArrayList<>();

    Vendor(Decay decay, Path folder) throws Exception {
        tls = decay.days() > 0;
        InetSocketAddress free = new InetSocketAddress(InetAddress.getByName("127.0.0.1"), 0);
        server = tls ? withTls(HttpsServer.create(free, 0), folder, decay.days()) : HttpServer.create(free, 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            received.add(exchange.getRequestMethod() + " " + exchange.getRequestURI() + " "
                    + exchange.getRequestHeaders().entrySet() + " "
                    + new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            if (exchange.getRequestURI().getPath().equals(decay.path())) {
                decay.answer().to(exchange);
            } else {
                healthy(exchange);
            }
        });
        server.start();
    }

    private HttpsServer withTls(HttpsServer made, Path folder, int days) throws Exception {
        Path file = folder.resolve("vendor.p12");
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        "vendor",
                        "-dname",
                        "CN=localhost,O=Acme Authority",
                        "-ext",
                        "san=dns:localhost",
                        "-validity",
                        String.valueOf(days),
                        "-keystore",
                        file.toString(),
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        new String(PASSWORD))
                .redirectErrorStream(true)
                .start();
        keytool.getInputStream().readAllBytes();
        if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
            throw new IllegalStateException("keytool failed");
        }
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (var stream = Files.newInputStream(file)) {
            keys.load(stream, PASSWORD);
        }
        certificate = "-----BEGIN CERTIFICATE-----\n"
                + Base64.getMimeEncoder()
                        .encodeToString(keys.getCertificate("vendor").getEncoded())
                + "\n-----END CERTIFICATE-----\n";
        KeyManagerFactory own = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        own.init(keys, PASSWORD);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own.getKeyManagers(), null, null);
        made.setHttpsConfigurator(new HttpsConfigurator(context));
        return made;
    }

    String certificate() {
        return certificate;
    }

    String place() {
        return "localhost:" + server.getAddress().getPort();
    }

    private String origin() {
        return (tls ? "https://" : "http://") + place();
    }

    String yaml() {
        return """
                id: acme
                name: Acme
                api_docs: https://acme.example/docs
                auth:
                  kind: oauth2_code
                  issuer: "%1$s"
                  authorize: { url: "%1$s/authorize" }
                  exchange: { url: "%1$s/token" }
                  refresh: { url: "%1$s/refresh" }
                api: { base: "%1$s/api" }
                """.formatted(origin());
    }

    Provider provider() {
        return Catalogue.load().read(yaml(), Reach.OPERATOR);
    }

    private void healthy(HttpExchange exchange) throws IOException {
        switch (exchange.getRequestURI().getPath()) {
            case "/authorize" -> {
                exchange.getResponseHeaders().set("location", "/login");
                send(exchange, 302, "text/html", "");
            }
            case "/token", "/refresh" -> send(exchange, 400, "application/json", "{\"error\": \"invalid_client\"}");
            case METADATA -> send(exchange, 200, "application/json", json(metadata(exchange)));
            default -> send(exchange, 404, "text/html", "<html></html>");
        }
    }

    static Map<String, String> metadata(HttpExchange exchange) {
        String origin = (exchange instanceof com.sun.net.httpserver.HttpsExchange ? "https://" : "http://")
                + exchange.getRequestHeaders().getFirst("host");
        Map<String, String> members = new LinkedHashMap<>();
        members.put("issuer", '"' + origin + '"');
        members.put("authorization_endpoint", '"' + origin + "/authorize\"");
        members.put("token_endpoint", '"' + origin + "/token\"");
        members.put("code_challenge_methods_supported", "[\"S256\"]");
        return members;
    }

    static String json(Map<String, String> members) {
        return members.entrySet().stream()
                .map(one -> '"' + one.getKey() + "\": " + one.getValue())
                .collect(Collectors.joining(", ", "{", "}"));
    }

    static void send(HttpExchange exchange, int status, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("content-type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
