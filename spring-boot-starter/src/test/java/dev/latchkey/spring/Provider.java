package dev.latchkey.spring;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** A provider's API that responds with the token that it got, or 401 for those that it refuses. */
final class Provider implements AutoCloseable {
    final Set<String> refused = ConcurrentHashMap.newKeySet();
    final URI address;
    private final HttpServer server;

    Provider() {
        try {
            server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.createContext("/", exchange -> {
            try (exchange) {
                String token = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"))
                        .replace("Bearer ", "");
                byte[] body = token.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(refused.contains(token) ? 401 : 200, body.length);
                exchange.getResponseBody().write(body);
            }
        });
        server.start();
        address = URI.create("http://127.0.0.1:" + server.getAddress().getPort());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
