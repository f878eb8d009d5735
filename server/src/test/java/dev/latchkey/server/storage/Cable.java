package dev.latchkey.server.storage;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** Between a node and its database, on the loopback interface: can be cut, or swallow what is sent, and be restored. */
public final class Cable implements AutoCloseable {
    private final URI database;
    private volatile int port;
    private final String url;
    private final ServerSocket server;
    private final Set<Socket> ends = ConcurrentHashMap.newKeySet();
    private volatile boolean cut;
    private final AtomicInteger refused = new AtomicInteger();
    private final Set<Socket> silenced = ConcurrentHashMap.newKeySet();
    private volatile boolean silent;

    public Cable() {
        this(PostgresForTests.freshDatabaseUrl());
    }

    /** @param databaseUrl as LATCHKEY_DATABASE_URL is written */
    public Cable(String databaseUrl) {
        this.database = URI.create(databaseUrl);
        this.port = database.getPort();
        try {
            server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.url = databaseUrl.replace(
                database.getHost() + ":" + database.getPort(), "127.0.0.1:" + server.getLocalPort());
        Thread.ofVirtual().start(this::accept);
    }

    /** For a node. */
    public String url() {
        return url;
    }

    /** Past the cable. */
    public DatabaseAddress direct() {
        return DatabaseAddress.parse(database.toString());
    }

    public void cut() {
        cut = true;
        ends.forEach(Cable::end);
    }

    /** As a network does whose switch is gone: no message arrives. For good. */
    public void swallow() {
        silent = true;
    }

    /** From now on it leads to another server on this machine, as an address does whose database has failed over. */
    public void leadTo(int otherPort) {
        port = otherPort;
        ends.forEach(Cable::end);
    }

    /** As a failover does: connections of now get no word any more, new ones work. */
    public void swallowThosePresent() {
        silenced.addAll(ends);
    }

    /** How often a client tried to connect while it was cut. */
    int refused() {
        return refused.get();
    }

    public void restore() {
        cut = false;
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket near = server.accept();
                if (cut) {
                    refused.incrementAndGet();
                    end(near);
                    continue;
                }
                Socket far = new Socket(database.getHost(), port);
                ends.add(near);
                ends.add(far);
                Thread.ofVirtual().start(() -> carry(near, far));
                Thread.ofVirtual().start(() -> carry(far, near));
            } catch (IOException e) {
                // Closed, or the other end is gone: the next one may do better.
            }
        }
    }

    private void carry(Socket from, Socket to) {
        try (InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            byte[] bytes = new byte[8192];
            for (int read = in.read(bytes); read >= 0; read = in.read(bytes)) {
                if (!silent && !silenced.contains(from)) {
                    out.write(bytes, 0, read);
                }
            }
        } catch (IOException e) {
            // Cut.
        } finally {
            end(from);
            end(to);
            ends.remove(from);
            ends.remove(to);
        }
    }

    private static void end(Socket socket) {
        try {
            // Without a word, as a broken cable does.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}
