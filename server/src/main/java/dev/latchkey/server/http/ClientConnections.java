package dev.latchkey.server.http;

import dev.latchkey.server.configuration.Configuration.ClientLimits;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.telemetry.RequestId;
import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http.DirectHandlers;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The server's HTTP/1.1 connections, and the connection of the current request: a handler that waits for a vendor must notice when its
 * client disconnects. Connections and WebSockets are bounded for each address, and slow clients are cut.
 */
public final class ClientConnections implements ServerConnectionSelector, AutoCloseable {
    private static final ScopedValue<BoundedConnection> CURRENT = ScopedValue.newInstance();
    private static final String TOO_MANY = """
            HTTP/1.1 429 Too Many Requests\r
            Connection: close\r
            Retry-After: 5\r
            Content-Type: application/json\r
            Content-Length: 101\r
            %s: %s\r
            \r
            {"error":{"code":"too_many_connections","message":"Too many connections are open from this address"}}""";

    private final ClientLimits limits;
    private final Permits permits;
    private final boolean counted;
    private final SlowClients slow = new SlowClients();
    private final Http1ConnectionSelector http;
    private volatile @Nullable LastConnection last;
    private final BrowserRules rules;

    /** @param clients behind our own proxy all connections are the proxy's, which limits its clients */
    public ClientConnections(ClientLimits limits, ClientAddress clients, SocketUpgrades upgrades, BrowserRules rules) {
        this.limits = limits;
        this.rules = rules;
        this.counted =
                !clients.trustForwarded() && limits.connectionsOfAnAddress().isPresent();
        this.permits = new Permits(limits.connectionsOfAnAddress().orElse(Integer.MAX_VALUE), Integer.MAX_VALUE);
        this.http = Http1ConnectionSelector.builder()
                .config(Http1Config.builder()
                        // Many clients send unencoded brackets in a query; the code that reads the query decides what
                        // is wrong.
                        .validatePrologue(false)
                        // The limits are those of the wire package, which reads first; an encoded path may be longer.
                        .maxPrologueLength(64 * 1024)
                        .maxHeadersSize(64 * 1024)
                        // At DEBUG they would log all traffic, including credentials.
                        .receiveLog(false)
                        .sendLog(false)
                        .build())
                .addUpgrader(upgrades)
                .build();
    }

    /** Reports how many there are. */
    void measure(Metrics metrics) {
        metrics.gauge("latchkey.clients.open", "Connections of clients", List.of(), slow, SlowClients::open);
        metrics.gauge(
                "latchkey.clients.cut", "Connections of slow clients that were cut", List.of(), slow, SlowClients::cut);
    }

    /** How the server library responds to requests that it refuses itself. */
    public DirectHandlers errors() {
        return TransportErrors.handlers(rules::ofErrors);
    }

    /** The connection of this thread's request. */
    public static BoundedConnection current() {
        return CURRENT.get();
    }

    @Override
    public int bytesToIdentifyConnection() {
        return http.bytesToIdentifyConnection();
    }

    @Override
    public Support supports(BufferData request) {
        return http.supports(request);
    }

    @Override
    public Set<String> supportedApplicationProtocols() {
        return http.supportedApplicationProtocols();
    }

    @Override
    public ServerConnection connection(ConnectionContext context) {
        LastConnection own = last;
        if (own != null && own.is(context)) {
            return own;
        }
        Optional<Permits.Permit> permit = counted
                ? permits.take(ClientAddress.network(context.remotePeer().host()))
                : Optional.empty();
        if (counted && permit.isEmpty()) {
            return new Refused(context);
        }
        BoundedConnection bounded = new BoundedConnection(context, new Pace(limits), rules);
        ServerConnection connection = http.connection(bounded);
        slow.watch(bounded);
        return new ServerConnection() {
            @Override
            public void handle(Limit limit) throws InterruptedException {
                try {
                    ScopedValue.where(CURRENT, bounded).call(() -> {
                        connection.handle(limit);
                        return true;
                    });
                } catch (InterruptedException | RuntimeException e) {
                    throw e;
                } catch (Exception e) {
                    throw new IllegalStateException("handling a connection throws nothing else", e);
                } finally {
                    slow.forget(bounded);
                    bounded.ends();
                    permit.ifPresent(Permits.Permit::close);
                }
            }

            @Override
            public Duration idleTime() {
                return connection.idleTime();
            }

            @Override
            public void close(boolean interrupt) {
                connection.close(interrupt);
            }
        };
    }

    /** From now on a connection without a request under way is ended. */
    void stopping() {
        slow.stopping();
    }

    /** Our own connection to this server. */
    void expect(LastConnection own) {
        last = own;
    }

    /** Ends every connection that is still open. */
    void cut() {
        slow.cutAll();
    }

    @Override
    public void close() {
        slow.close();
    }

    /** One too many from its address: it gets a response and is closed. */
    private record Refused(ConnectionContext context) implements ServerConnection {
        @Override
        public void handle(Limit limit) {
            context.dataWriter()
                    .writeNow(BufferData.create(TOO_MANY.formatted(RequestId.HEADER, RequestId.random())
                            .getBytes(StandardCharsets.US_ASCII)));
            throw new CloseConnectionException("too many connections of one address");
        }

        @Override
        public Duration idleTime() {
            return Duration.ZERO;
        }

        @Override
        public void close(boolean interrupt) {
            context.serverSocket().close();
        }
    }
}
