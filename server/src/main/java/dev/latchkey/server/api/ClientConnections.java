package dev.latchkey.server.api;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsUpgrader;
import java.time.Duration;
import java.util.Set;

/**
 * HTTP/1.1 as the server speaks it, and within a request the connection that it came on: a handler that waits for somebody else
 * wants to know when its client is gone.
 */
public final class ClientConnections implements ServerConnectionSelector {
    private static final ScopedValue<BoundedConnection> CURRENT = ScopedValue.newInstance();

    private final Http1ConnectionSelector http = Http1ConnectionSelector.builder()
            // Many clients send brackets in a query as they are; who reads the query decides what is wrong with it.
            .config(Http1Config.builder().validatePrologue(false).build())
            .addUpgrader(WsUpgrader.create(WsConfig.create()))
            .build();

    /** The connection of the request that this thread works on. */
    static BoundedConnection current() {
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
        BoundedConnection bounded = new BoundedConnection(context);
        ServerConnection connection = http.connection(bounded);
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
                    bounded.releaseMemory();
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
}
