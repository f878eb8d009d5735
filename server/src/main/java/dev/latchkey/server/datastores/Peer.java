package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** The server that a login talks to: lines and bytes over the guarded socket, before and after TLS. Not thread-safe. */
final class Peer implements AutoCloseable {
    private static final int LONGEST_LINE = 1_000;

    private final Attempt attempt;
    private final DatastoreAddress.Host host;
    private final String protocol;
    private Socket socket;
    private DataInputStream in;

    /** The other end hung up where a message was due. */
    static final class ClosedException extends RefusedException {
        private static final long serialVersionUID = 1;

        ClosedException() {
            super("it closed the connection");
        }
    }

    /**
     * Connects, and begins TLS where that is the first thing to do.
     *
     * @param protocol as people call it, for the message to whoever named a server of another one
     */
    Peer(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt, String protocol) throws IOException {
        this.attempt = attempt;
        this.host = host;
        this.protocol = protocol;
        this.socket = attempt.sockets().create();
        socket.connect(InetSocketAddress.createUnresolved(host.name(), host.port()));
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        if (address.tlsAtConnect()) {
            secure();
        }
    }

    /** Begins TLS. What was received ahead of it is dropped: it may be an attacker's (RFC 3207 section 6, CVE-2011-0411). */
    void secure() throws IOException {
        socket = attempt.tls().getSocketFactory().createSocket(socket, host.name(), host.port(), true);
        in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    DataInputStream in() {
        return in;
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** A line, which must have no line break within. */
    void send(String line) throws IOException {
        send((line + "\r\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Up to a line feed, without the end of line. */
    String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new ClosedException();
            }
            if (line.length() > LONGEST_LINE) {
                throw wrong();
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }

    /** So many bytes, of which a server may only claim a few. */
    byte[] bytes(long count, int most) throws IOException {
        if (count < 0 || count > most) {
            throw wrong();
        }
        byte[] bytes = in.readNBytes((int) count);
        if (bytes.length < count) {
            throw new ClosedException();
        }
        return bytes;
    }

    /** This end of the connection as an address literal (RFC 5321 section 4.1.3). */
    String self() {
        InetAddress own = socket.getLocalAddress();
        return (own instanceof Inet6Address ? "[IPv6:" : "[")
                + own.getHostAddress().replaceFirst("%.*", "") + "]";
    }

    RefusedException wrong() {
        return new RefusedException("it does not answer as " + protocol + " does");
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
