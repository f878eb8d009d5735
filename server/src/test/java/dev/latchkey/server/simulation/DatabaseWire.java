package dev.latchkey.server.simulation;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * What lies between one node and the database: can be cut, can be away, and can lose the answer to a COMMIT that has happened.
 * Thread-safe.
 */
final class DatabaseWire implements AutoCloseable {
    private static final byte[] COMMIT = "COMMIT\0".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket server = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
    private final int target;
    private final Gate gate;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final AtomicBoolean loseNextCommit = new AtomicBoolean();
    private volatile boolean away;

    /** @param gate passed by every message */
    DatabaseWire(int target, Gate gate) throws IOException {
        this.target = target;
        this.gate = gate;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return server.getLocalPort();
    }

    boolean isClosed() {
        return server.isClosed();
    }

    /** Every connection ends now; new ones are taken. */
    void cut() {
        open.forEach(DatabaseWire::end);
    }

    /** No connection, until {@link #heal}. */
    void leave() {
        away = true;
        cut();
    }

    /** The next COMMIT happens, and its connection is cut before its answer. */
    void loseNextCommit() {
        loseNextCommit.set(true);
    }

    void heal() {
        away = false;
        loseNextCommit.set(false);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                Socket node = server.accept();
                if (away) {
                    // Before PostgreSQL makes a process for it.
                    end(node);
                } else {
                    Thread.ofVirtual().start(() -> join(node));
                }
            } catch (IOException e) {
                // Closed.
                return;
            }
        }
    }

    private void join(Socket node) {
        try (node;
                Socket database = new Socket(InetAddress.getLoopbackAddress(), target)) {
            node.setTcpNoDelay(true);
            database.setTcpNoDelay(true);
            open.add(node);
            open.add(database);
            if (away || server.isClosed()) {
                return;
            }
            Thread.ofVirtual().start(() -> {
                try {
                    questions(node.getInputStream(), database.getOutputStream());
                } catch (IOException e) {
                    // The other direction ends as well.
                } finally {
                    end(node);
                    end(database);
                }
            });
            answers(
                    new DataInputStream(new BufferedInputStream(database.getInputStream(), 65536)),
                    new BufferedOutputStream(node.getOutputStream(), 65536));
            open.remove(database);
        } catch (IOException e) {
            // The node sees its connection end.
        } finally {
            open.remove(node);
        }
    }

    private void questions(InputStream node, OutputStream database) throws IOException {
        byte[] buffer = new byte[16 * 1024];
        for (int length = node.read(buffer); length >= 0; length = node.read(buffer)) {
            gate.pass();
            if (server.isClosed()) {
                return;
            }
            database.write(buffer, 0, length);
        }
    }

    /** PostgreSQL's messages: a letter, a length that counts itself, the rest. */
    private void answers(DataInputStream database, OutputStream node) throws IOException {
        byte[] message = new byte[8192];
        while (true) {
            int kind = database.read();
            if (kind < 0) {
                return;
            }
            int length = database.readInt();
            if (message.length < length + 1) {
                message = new byte[length + 1];
            }
            message[0] = (byte) kind;
            message[1] = (byte) (length >>> 24);
            message[2] = (byte) (length >>> 16);
            message[3] = (byte) (length >>> 8);
            message[4] = (byte) length;
            database.readFully(message, 5, length - 4);
            if (kind == 'C' && isCommit(message) && loseNextCommit.compareAndSet(true, false)) {
                return;
            }
            gate.pass();
            node.write(message, 0, length + 1);
            if (database.available() == 0) {
                node.flush();
            }
        }
    }

    private static boolean isCommit(byte[] message) {
        for (int i = 0; i < COMMIT.length; i++) {
            if (message[5 + i] != COMMIT[i]) {
                return false;
            }
        }
        return true;
    }

    private static void end(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It ended before.
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
        cut();
    }
}
