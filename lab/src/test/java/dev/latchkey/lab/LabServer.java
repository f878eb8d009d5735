package dev.latchkey.lab;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A lab behind a real server, with a clock that tests move. */
final class LabServer implements AutoCloseable {
    /** What ships, and some definitions with quirks that nothing shipped has yet. */
    static final Catalogue CATALOGUE = Catalogue.load(Path.of("src/test/resources/quirks"));

    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-11-24T08:00:00Z"));
    private final HttpClient http = HttpClient.newHttpClient();
    private final URI base;
    private Lab lab;
    private WebServer server;

    LabServer() {
        this.base = URI.create("http://localhost:" + freePort());
        this.lab = newLab();
        this.server = started();
    }

    private Lab newLab() {
        InstantSource clock = this::now;
        return new Lab(CATALOGUE, base, clock, new SecureRandom());
    }

    private WebServer started() {
        HttpRouting.Builder routing = HttpRouting.builder();
        lab.route(routing);
        return WebServer.builder()
                .port(base.getPort())
                .address(InetAddress.getLoopbackAddress())
                .shutdownHook(false)
                .routing(routing)
                .build()
                .start();
    }

    private static int freePort() {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A new process: what was in memory is gone. */
    void restart() {
        server.stop();
        lab = newLab();
        server = started();
    }

    void pass(Duration time) {
        now.updateAndGet(instant -> instant.plus(time));
    }

    Instant now() {
        return Objects.requireNonNull(now.get());
    }

    Lab lab() {
        return lab;
    }

    URI base() {
        return base;
    }

    String callback() {
        return base + "/oauth/callback";
    }

    DefinitionClient client(String providerId) {
        Provider provider = CATALOGUE.find(providerId).orElseThrow();
        return new DefinitionClient(this, provider);
    }

    HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(base.resolve(path));
    }

    HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return http.send(request.timeout(Duration.ofSeconds(20)).build(), HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    HttpResponse<String> post(String path, String json) {
        return send(request(path)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(json)));
    }

    static JsonNode json(HttpResponse<String> response) {
        return JsonMapper.shared().readTree(response.body());
    }

    @Override
    public void close() {
        server.stop();
        http.close();
    }
}
