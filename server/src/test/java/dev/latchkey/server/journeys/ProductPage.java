package dev.latchkey.server.journeys;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** A product's page on an origin of its own, with the unmodified {@code @nangohq/frontend}. */
final class ProductPage implements AutoCloseable {
    private final HttpServer server;

    ProductPage(URI host) throws IOException {
        this(host, "@nangohq/frontend");
    }

    /** @param client the npm package: another version has another name */
    ProductPage(URI host, String client) throws IOException {
        NpmProcess.install();
        Path files = NpmProcess.FOLDER.resolve("node_modules").resolve(client).resolve("dist");
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> answer(exchange, "text/html", page(host)));
        server.createContext(
                "/frontend/",
                exchange -> answer(
                        exchange,
                        "text/javascript",
                        Files.readString(files.resolve(
                                Path.of(exchange.getRequestURI().getPath()).getFileName()))));
        server.start();
    }

    String address() {
        return "http://127.0.0.1:" + server.getAddress().getPort() + "/";
    }

    private static String page(URI host) {
        return """
                <!doctype html><title>A product</title><h1>A product</h1>
                <button id="go">Connect</button><pre id="result"></pre>
                <script type="module">
                import Nango from '/frontend/index.js';
                const show = (value) => document.getElementById('result').textContent += JSON.stringify(value) + '\\n';
                window.events = [];
                // The test sets window.job, a function of the client; the click runs it as a user's click would.
                document.getElementById('go').onclick = () => {
                  const nango = new Nango({ host: '%s', connectSessionToken: window.token });
                  Promise.resolve(window.job(nango)).then((r) => show({ done: r?.connectionId ?? null }), (e) => show({ type: e.type, message: e.message }));
                };
                window.show = show;
                window.Nango = Nango;
                window.ready = true;
                </script>""".formatted(host);
    }

    private static void answer(HttpExchange exchange, String type, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
        exchange.sendResponseHeaders(200, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
