package dev.latchkey.server.http;

import dev.latchkey.server.configuration.ConfigurationException;
import dev.latchkey.server.configuration.Setting;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsRouting;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Listens for requests; {@link #close} accepts no more, and lets those under way end. */
public final class HttpServer implements AutoCloseable {
    /** For requests under way when this node stops; requests to vendors get as long (Flights, RefreshEngine). */
    private static final Duration GRACE = Duration.ofSeconds(26);

    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    private final WebServer server;
    private final ClientConnections clients;

    /** @param setting that says the port */
    HttpServer(
            int port,
            Setting setting,
            HttpRouting.Builder routing,
            WsRouting.Builder sockets,
            ClientConnections clients) {
        this.clients = clients;
        server = WebServer.builder()
                .port(port)
                .host("0.0.0.0")
                // Handlers bound what they read; what goes through the proxy may be of any size.
                .protocolsDiscoverServices(false)
                // Where a WebSocket looks for its limits; who speaks it is said by ClientConnections.
                .addProtocol(WsConfig.create())
                .addConnectionSelector(clients)
                .directHandlers(clients.errors())
                // Bodies are inflated where they are read, within a limit.
                .contentEncoding(new UntouchedCodings())
                // The process stops the parts in its own order.
                .shutdownHook(false)
                // What is under way is finished: a caller who waits for a vendor gets its response. Idle connections
                // end at once.
                .shutdownGracePeriod(GRACE)
                .routing(routing)
                .addRouting(sockets)
                .build()
                .start();
        // Helidon logs a failed bind and continues.
        if (!server.isRunning()) {
            throw notFree(port, setting);
        }
    }

    /**
     * Before anything else is started, and because the web server would write a stack trace.
     *
     * @param setting that says the port
     * @throws ConfigurationException when another process listens there
     */
    public static void requireFree(int port, Setting setting) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress("0.0.0.0", port));
        } catch (IOException e) {
            throw notFree(port, setting);
        }
    }

    private static ConfigurationException notFree(int port, Setting setting) {
        return new ConfigurationException("Port " + port + " cannot be listened on: stop what uses it, or set "
                + setting.variable() + " to another.");
    }

    public int port() {
        return server.port();
    }

    /**
     * The library ends the connections that wait for a request at this moment, but not one that is just being accepted or has just
     * looked for its next request: such a client would keep the server for the whole grace period ({@link ClientConnections}), or would
     * never get a response ({@link LastConnection}).
     */
    @Override
    public void close() {
        clients.stopping();
        if (server.isRunning()) {
            stop();
        }
        clients.cut();
    }

    private void stop() {
        try (LastConnection last = new LastConnection(server.port())) {
            clients.expect(last);
            last.open();
            last.endsWithThePort();
            server.stop();
            return;
        } catch (IOException e) {
            LOG.debug("This server's connection to itself failed.", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        server.stop();
    }
}
