package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Redis: AUTH, SELECT, PING in its own protocol (RESP), for which a client library would be a hundred times as much. */
final class RedisLogin {
    private RedisLogin() {}

    /** @throws RefusedException with the server's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        try (Peer peer = new Peer(address, host, attempt, "Redis")) {
            talk(address, peer);
        }
    }

    private static void talk(DatastoreAddress address, Peer peer) throws IOException {
        if (!address.password().isEmpty()) {
            ask(
                    peer,
                    address.username().isEmpty()
                            ? List.of("AUTH", address.password())
                            : List.of("AUTH", address.username(), address.password()));
        }
        if (!address.database().isEmpty() && !address.database().equals("0")) {
            ask(peer, List.of("SELECT", address.database()));
        }
        ask(peer, List.of("PING"));
    }

    private static void ask(Peer peer, List<String> words) throws IOException {
        StringBuilder command = new StringBuilder("*" + words.size() + "\r\n");
        for (String word : words) {
            command.append('$')
                    .append(word.getBytes(StandardCharsets.UTF_8).length)
                    .append("\r\n")
                    .append(word)
                    .append("\r\n");
        }
        peer.send(command.toString().getBytes(StandardCharsets.UTF_8));
        String answer = peer.line();
        if (!answer.startsWith("+")) {
            throw answer.startsWith("-") ? new RefusedException(answer.substring(1)) : peer.wrong();
        }
    }
}
