package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Locale;

/** SMTP: EHLO, STARTTLS (RFC 3207), AUTH (RFC 4954), NOOP. No message is sent. */
final class SmtpLogin {
    private static final int MOST_LINES = 100;

    private final Peer peer;

    private SmtpLogin(Peer peer) {
        this.peer = peer;
    }

    /** @throws RefusedException with the server's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        try (Peer peer = new Peer(address, host, attempt, "SMTP")) {
            new SmtpLogin(peer).talk(address);
        }
    }

    private void talk(DatastoreAddress address) throws IOException {
        reply("220");
        List<String> offered = hello();
        if (address.tls() != DatastoreTls.DISABLE && !address.tlsAtConnect()) {
            if (!offered.contains("STARTTLS")) {
                throw new RefusedException(
                        "it offers no STARTTLS; the TLS of port 465 begins at once (startTls: false)");
            }
            ask("STARTTLS", "220");
            peer.secure();
            offered = hello();
        }
        if (!address.username().isEmpty()) {
            login(address, offered);
        }
        ask("NOOP", "250");
        peer.send("QUIT");
    }

    private List<String> hello() throws IOException {
        // A name of this host may not exist; its address always does.
        return ask("EHLO " + peer.self(), "250").stream()
                .map(line -> line.toUpperCase(Locale.ROOT))
                .toList();
    }

    private void login(DatastoreAddress address, List<String> offered) throws IOException {
        List<String> mechanisms = offered.stream()
                .filter(line -> line.startsWith("AUTH ") || line.startsWith("AUTH="))
                .flatMap(line -> Arrays.stream(line.substring(5).split(" ")))
                .toList();
        if (mechanisms.contains("PLAIN")) {
            ask("AUTH PLAIN " + Sasl.plain(address), "235");
        } else if (mechanisms.contains("LOGIN")) {
            ask("AUTH LOGIN", "334");
            ask(base64(address.username()), "334");
            ask(base64(address.password()), "235");
        } else {
            throw new RefusedException(
                    mechanisms.isEmpty()
                            ? "it takes no login on this connection"
                            : "it takes logins by " + String.join(", ", mechanisms) + ", and not by PLAIN or LOGIN");
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private List<String> ask(String command, String expected) throws IOException {
        peer.send(command);
        return reply(expected);
    }

    /** The lines of a reply without their code (RFC 5321 section 4.2). */
    private List<String> reply(String expected) throws IOException {
        List<String> lines = new ArrayList<>();
        while (lines.size() < MOST_LINES) {
            String line = peer.line();
            if (!line.matches("[2-5]\\d\\d(?:[ -].*)?")) {
                throw peer.wrong();
            }
            lines.add(line.length() > 4 ? line.substring(4) : "");
            if (line.length() == 3 || line.charAt(3) == ' ') {
                if (!line.startsWith(expected)) {
                    throw new RefusedException(line.substring(0, 3) + " " + String.join(" ", lines));
                }
                return lines;
            }
        }
        throw peer.wrong();
    }
}
