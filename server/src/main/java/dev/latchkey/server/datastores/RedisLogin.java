package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Redis: AUTH, SELECT, PING in its own protocol (RESP), for which a client library would be a hundred times as much. */
final class RedisLogin {
    private static final int LONGEST_LINE = 1_000;

    private RedisLogin() {}

    /** @throws RefusedException with the server's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        try (Socket socket = attempt.sockets().create()) {
            socket.connect(InetSocketAddress.createUnresolved(host.name(), host.port()));
            if (address.tls() == DatastoreTls.DISABLE) {
                talk(address, socket);
            } else {
                try (Socket secure =
                        attempt.tls().getSocketFactory().createSocket(socket, host.name(), host.port(), true)) {
                    talk(address, secure);
                }
            }
        }
    }

    private static void talk(DatastoreAddress address, Socket socket) throws IOException {
        OutputStream out = socket.getOutputStream();
        InputStream in = new BufferedInputStream(socket.getInputStream());
        if (!address.password().isEmpty()) {
            ask(
                    out,
                    in,
                    address.username().isEmpty()
                            ? List.of("AUTH", address.password())
                            : List.of("AUTH", address.username(), address.password()));
        }
        if (!address.database().isEmpty() && !address.database().equals("0")) {
            ask(out, in, List.of("SELECT", address.database()));
        }
        ask(out, in, List.of("PING"));
    }

    private static void ask(OutputStream out, InputStream in, List<String> words) throws IOException {
        StringBuilder command = new StringBuilder("*" + words.size() + "\r\n");
        for (String word : words) {
            command.append('$')
                    .append(word.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        out.write(command.toString().getBytes(StandardCharsets.UTF_8));
        out.flush();
        String answer = line(in);
        if (!answer.startsWith("+")) {
            throw new RefusedException(
                    answer.startsWith("-") ? answer.substring(1) : "it does not answer as Redis does");
        }
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0 || line.length() > LONGEST_LINE) {
                throw new RefusedException(c < 0 ? "it closed the connection" : "it does not answer as Redis does");
            }
            line.append((char) c);
        }
        return line.toString().stripTrailing();
    }
}
