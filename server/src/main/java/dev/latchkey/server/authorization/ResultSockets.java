package dev.latchkey.server.authorization;

import dev.latchkey.server.connect.ErrorTypes;
import dev.latchkey.server.connect.FlowResult;
import dev.latchkey.server.environments.Environment;
import dev.latchkey.server.http.ClientAddress;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.storage.BackgroundLoop;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.Listener;
import dev.latchkey.server.vault.Binding;
import dev.latchkey.server.vault.Hash;
import dev.latchkey.server.vault.Vault;
import io.helidon.common.buffers.BufferData;
import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.http.HttpPrologue;
import io.helidon.http.WritableHeaders;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.websocket.WsRouting;
import io.helidon.websocket.WsListener;
import io.helidon.websocket.WsSession;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * The WebSockets of pages that opened a popup: each gets an id, and the result of the flow that carries it. The node that receives the
 * callback may differ from the one with the socket: every result goes to all nodes. Thread-safe.
 */
public final class ResultSockets implements AutoCloseable {
    static final String CHANNEL = "latchkey_flow_results";
    private static final int PING_SECONDS = 30;
    /** In an id, before the origin of its page: node, time, hash of the address, random bits. */
    private static final int OPEN_PART = 64;

    /** What an id looks like. */
    static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{32,640}");

    private static final int LONGEST_ORIGIN = 300;
    /** Messages from a client in a socket's lifetime; the pongs to our pings are some hundred. */
    private static final int MOST_FRAMES = 2_000;

    private static final long MOST_BYTES = 64 * 1024;

    private static final Binding BINDING = new Binding(new UUID(0, 0), "result_sockets", new UUID(0, 0), "id");
    /** Longer than any user takes from the click to the popup; applied only to other nodes' sockets. */
    private static final Duration FRESH = Duration.ofHours(1);

    private final Database database;
    private final Vault vault;
    private final ClientAddress clients;
    private final InstantSource clock;
    private final SecureRandom random;
    private final String ownOrigin;
    private final long node;
    private final Map<String, WsSession> sockets = new ConcurrentHashMap<>();
    private final BackgroundLoop pings;

    public ResultSockets(
            Database database,
            Listener listener,
            Vault vault,
            ClientAddress clients,
            InstantSource clock,
            SecureRandom random,
            URI publicUrl) {
        this.ownOrigin = publicUrl.getScheme() + "://" + publicUrl.getRawAuthority();
        this.database = database;
        this.vault = vault;
        this.clients = clients;
        this.clock = clock;
        this.random = random;
        this.node = random.nextLong();
        listener.listen(CHANNEL, this::deliver, () -> {});
        this.pings = new BackgroundLoop(
                        Thread.ofVirtual().name("websocket-pings"), Duration.ofSeconds(PING_SECONDS), this::ping)
                .start();
    }

    public WsRouting.Builder routing() {
        return WsRouting.builder().endpoint("/", Socket::new);
    }

    /**
     * Whether the id belongs to an open page that was opened from this request's address: an attacker's link with the id of their own
     * page must not make the reader's browser count as opened by the product's page.
     */
    public boolean isOpenNear(String id, ServerRequest request) {
        Optional<ByteBuffer> read = read(id);
        if (read.isEmpty()) {
            return false;
        }
        ByteBuffer made = read.get();
        boolean mine = made.getLong() == node;
        Instant at = Instant.ofEpochSecond(made.getLong());
        byte[] address = new byte[32];
        made.get(address);
        boolean open = mine ? sockets.containsKey(id) : at.plus(FRESH).isAfter(clock.instant());
        // Behind an untrusted proxy all clients share one address.
        return open
                && clients.isKnown(request.headers())
                && MessageDigest.isEqual(address, Hash.of(clients.of(request)));
    }

    /**
     * Whether the id is of a page whose origin the environment does not list. It waits for a user's result, which only the product's
     * own pages may get (RFC 6455 section 10.2). Our pages may, and so may clients without an Origin: they are not browsers, and could
     * send any.
     */
    public boolean isOfForeignPage(String id, Environment environment) {
        return read(id).map(ResultSockets::origin)
                .filter(origin -> !origin.isEmpty() && !environment.isParent(origin))
                .isPresent();
    }

    /** Whether it is our own pages' origin. */
    public boolean isOwn(String origin) {
        return origin.equalsIgnoreCase(ownOrigin);
    }

    private static String origin(ByteBuffer made) {
        return new String(made.array(), OPEN_PART, made.capacity() - OPEN_PART, StandardCharsets.UTF_8);
    }

    /** Empty unless it is one of our ids. */
    private Optional<ByteBuffer> read(String id) {
        try {
            return Optional.of(ByteBuffer.wrap(
                    vault.decrypt(BINDING, Base64.getUrlDecoder().decode(id))));
        } catch (RuntimeException e) {
            return Optional.empty();
        }
    }

    /** The origin of the page that opens a socket; empty for our own, and for clients that are not browsers. */
    private String foreign(Headers headers) {
        return headers.first(HeaderNames.ORIGIN)
                .filter(origin -> !isOwn(origin))
                .map(origin -> origin.length() <= LONGEST_ORIGIN ? origin : "null")
                .orElse("");
    }

    /** Any node can read where its page is and when it came; no one else can create one. */
    private String id(String address, String origin) {
        byte[] bits = new byte[16];
        random.nextBytes(bits);
        byte[] page = origin.getBytes(StandardCharsets.UTF_8);
        byte[] clear = ByteBuffer.allocate(OPEN_PART + page.length)
                .putLong(node)
                .putLong(clock.instant().getEpochSecond())
                .put(Hash.of(address))
                .put(bits)
                .put(page)
                .array();
        return Base64.getUrlEncoder().withoutPadding().encodeToString(vault.encrypt(BINDING, clear));
    }

    /** Sends the result to the opener, whichever node it is connected to. A flow without an opener sends nothing. */
    public void send(FlowResult result) {
        result.webSocketId().ifPresent(id -> {
            String message = message(result).toString();
            String text = id + " " + message;
            // This node's socket at once; the others by the database.
            if (!send(id, message)) {
                database.withHandle(handle -> {
                    Listener.announce(handle, CHANNEL, text);
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
                        .put(
                                "connection_id",
                                refused.connectionName()
                                        .orElseGet(() -> UUID.randomUUID().toString()))
                        .put("error_type", ErrorTypes.of(refused.code()))
                        .put("error_code", refused.code())
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
        sockets.forEach((id, session) -> {
            try {
                session.ping(BufferData.empty());
            } catch (RuntimeException e) {
                // The page is gone without a goodbye.
                sockets.remove(id);
            }
        });
    }

    @Override
    public void close() {
        pings.close();
    }

    /** The id is a capability: knowing it is enough to redirect a user's result, so it has 128 random bits and is sealed. */
    private final class Socket implements WsListener {
        private @Nullable String id;
        private int frames;
        private long bytes;
        private Headers headers = WritableHeaders.create();

        @Override
        public Optional<Headers> onHttpUpgrade(HttpPrologue prologue, Headers headers) {
            this.headers = headers;
            return Optional.empty();
        }

        @Override
        public void onOpen(WsSession session) {
            String fresh = id(clients.of(session.socketContext().remotePeer().host(), headers), foreign(headers));
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
        public void onMessage(WsSession session, String text, boolean last) {
            takes(session, text.length());
        }

        @Override
        public void onMessage(WsSession session, BufferData buffer, boolean last) {
            takes(session, buffer.available());
        }

        @Override
        public void onPing(WsSession session, BufferData buffer) {
            if (takes(session, buffer.available())) {
                session.pong(buffer);
            }
        }

        @Override
        public void onPong(WsSession session, BufferData buffer) {
            takes(session, buffer.available());
        }

        /** Pages send nothing here: a client that does wastes CPU, and is disconnected. */
        private boolean takes(WsSession session, int length) {
            frames++;
            bytes += length;
            if (frames <= MOST_FRAMES && bytes <= MOST_BYTES) {
                return true;
            }
            forget();
            session.terminate();
            return false;
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
