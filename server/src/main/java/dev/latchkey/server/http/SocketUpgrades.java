package dev.latchkey.server.http;

import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.http.RequestException;
import io.helidon.http.Status;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.http1.spi.Http1Upgrader;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.websocket.WsConfig;
import io.helidon.webserver.websocket.WsUpgrader;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The way to a WebSocket, which no filter and no route sees: it needs no session, since Nango's frontend client opens it without one.
 * So openings are counted, and each address has a limit.
 */
public final class SocketUpgrades implements Http1Upgrader {
    public static final int MOST_OF_AN_ADDRESS = 500;
    private static final int MOST = 20_000;

    private final Http1Upgrader upgrader;
    private final Permits permits = new Permits(MOST_OF_AN_ADDRESS, MOST);
    private final Doors doors;
    private final ClientAddress clients;

    /** @param isPage whether a page of this origin may wait for results, of any environment's */
    public SocketUpgrades(Doors doors, ClientAddress clients, Predicate<String> isPage) {
        this.upgrader = new OfPages(isPage);
        this.doors = doors;
        this.clients = clients;
    }

    @Override
    public String supportedProtocol() {
        return upgrader.supportedProtocol();
    }

    @Override
    public @Nullable ServerConnection upgrade(
            ConnectionContext context, HttpPrologue prologue, WritableHeaders<?> headers) {
        String address = clients.of(context.remotePeer().host(), headers);
        if (doors.count(Limit.SOCKET, address)
                .filter(CallerLimits.Counted::exceeded)
                .isPresent()) {
            throw tooMany("This address opened too many WebSockets within a minute; retry later.");
        }
        Permits.Permit permit = permits.take(address)
                .orElseThrow(() -> tooMany("Too many WebSockets are open; close some, and retry."));
        Optional<ServerConnection> upgraded = Optional.empty();
        try {
            upgraded = Optional.ofNullable(upgrader.upgrade(context, prologue, headers));
            return upgraded.orElse(null);
        } finally {
            if (upgraded.isPresent()) {
                ClientConnections.current().becomesSocket(permit);
            } else {
                permit.close();
            }
        }
    }

    private static RequestException tooMany(String message) {
        return RequestException.builder()
                .type(EventType.OTHER)
                .status(Status.create(429))
                .setKeepAlive(false)
                .message(message)
                .build();
    }

    /**
     * The page that opens it is the product's or ours, and no session names the environment yet (Nango's frontend client opens it
     * without one): pages that no environment lists are refused here (RFC 6455 section 10.2). The flow that names the socket compares
     * with its own environment's list ({@link ResultSockets#isOfForeignPage}).
     */
    private static final class OfPages extends WsUpgrader {
        private final Predicate<String> isPage;

        OfPages(Predicate<String> isPage) {
            super(WsConfig.create());
            this.isPage = isPage;
        }

        @Override
        protected void validateOrigin(Headers headers, String origin) {
            if (!isPage.test(origin)) {
                throw RequestException.builder()
                        .type(EventType.FORBIDDEN)
                        .message("No environment lists this Origin in connect_ui_parents.")
                        .build();
            }
        }
    }
}
