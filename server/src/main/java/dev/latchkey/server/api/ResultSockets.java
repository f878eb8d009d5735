package dev.latchkey.server.api;

import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.operations.Json;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import io.helidon.common.buffers.BufferData;
import io.helidon.webserver.websocket.WsRouting;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The WebSockets of pages that opened a popup: each gets an id, and the result of the flow that carries it. The node that receives
 * the callback need not be the one that holds the socket: every result goes to all nodes. Thread-safe.
 */
public final class ResultSockets implements AutoCloseable {
    static final String CHANNEL = "latchkey_flow_results";
    private static final int PING_SECONDS = 30;

    private final Database database;
    private final SecureRandom random;
    private final Map<String, WsSession> sockets = new ConcurrentHashMap<>();
    private final CountDownLatch closing = new CountDownLatch(1);

    public ResultSockets(Database database, Listener listener, SecureRandom random) {
        this.database = database;
        this.random = random;
        listener.listen(CHANNEL, this::deliver, () -> {});
        Thread.ofVirtual().name("websocket-pings").start(this::ping);
    }

    public WsRouting.Builder routing() {
        return WsRouting.builder().endpoint("/", Socket::new);
    }

    /** Tells the opener, on whatever node it is. A flow without an opener tells nobody. */
    public void tell(FlowResult result) {
        result.webSocketId().ifPresent(id -> {
            String text = id + " " + message(result);
            // This node's socket at once; the others by the database.
            if (!send(id, message(result).toString())) {
                database.withHandle(handle -> {
                    Listener.tell(handle, CHANNEL, text);
                    return true;
                });
            }
        });
    }

    private static ObjectNode message(FlowResult result) {
        ObjectNode json = Json.MAPPER.createObjectNode();
        switch (result) {
            case FlowResult.Connected connected ->
                json.put("message_type", "success")
                        .put("provider_config_key", connected.integrationKey())
                        .put("connection_id", connected.connectionName())
                        .put("is_pending", connected.pending());
            case FlowResult.Refused refused ->
                json.put("message_type", "error")
                        .put("provider_config_key", refused.integrationKey())
                        .put("connection_id", refused.connectionName().orElse(""))
                        .put("error_type", refused.code())
                        .put("error_desc", refused.message());
        }
        return json;
    }

    private void deliver(String payload) {
        int blank = payload.indexOf(' ');
        send(payload.substring(0, blank), payload.substring(blank + 1));
    }

    private boolean send(String id, String message) {
        WsSession session = sockets.get(id);
        if (session == null) {
            return false;
        }
        session.send(message, true);
        return true;
    }

    /** A user may take minutes at the provider's page: pings keep the idle connection open through proxies. */
    private void ping() {
        try {
            while (!closing.await(PING_SECONDS, TimeUnit.SECONDS)) {
                sockets.forEach((id, session) -> {
                    try {
                        session.ping(BufferData.empty());
                    } catch (RuntimeException e) {
                        // The page is gone without a goodbye.
                        sockets.remove(id);
                    }
                });
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }

    /** The id is a capability: who knows it could send a user's result elsewhere, so it has 128 random bits. */
    private final class Socket implements WsListener {
        private @Nullable String id;

        @Override
        public void onOpen(WsSession session) {
            byte[] bits = new byte[16];
            random.nextBytes(bits);
            String fresh = HexFormat.of().formatHex(bits);
            id = fresh;
            sockets.put(fresh, session);
            session.send(
                    Json.MAPPER
                            .createObjectNode()
                            .put("message_type", "connection_ack")
                            .put("ws_client_id", fresh)
                            .toString(),
                    true);
        }

        @Override
        public void onClose(WsSession session, int status, String reason) {
            forget();
        }

        @Override
        public void onError(WsSession session, Throwable failure) {
            forget();
        }

        private void forget() {
            if (id != null) {
                sockets.remove(id);
            }
        }
    }
}
