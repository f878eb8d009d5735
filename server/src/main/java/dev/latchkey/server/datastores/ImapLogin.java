package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** IMAP: STARTTLS, a login, NOOP (RFC 9051; servers of RFC 3501 speak the same). No mailbox is opened. */
final class ImapLogin {
    private static final int MOST_LINES = 100;
    private static final String ANSWER = "* CAPABILITY ";

    private final Peer peer;
    private int commands;

    private ImapLogin(Peer peer) {
        this.peer = peer;
    }

    /** @throws RefusedException with the server's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        try (Peer peer = new Peer(address, host, attempt, "IMAP")) {
            new ImapLogin(peer).talk(address);
        }
    }

    private void talk(DatastoreAddress address) throws IOException {
        String greeting = peer.line();
        if (!greeting.startsWith("* OK")) {
            // PREAUTH would prove nothing of this login.
            throw greeting.startsWith("* BYE") ? new RefusedException(greeting.substring(2)) : peer.wrong();
        }
        Set<String> offered = capabilities();
        if (address.tls() != DatastoreTls.DISABLE && !address.tlsAtConnect()) {
            if (!offered.contains("STARTTLS")) {
                throw new RefusedException(
                        "it offers no STARTTLS; the TLS of port 993 begins at once (startTls: false)");
            }
            ask("STARTTLS");
            peer.secure();
            offered = capabilities();
        }
        if (offered.contains("AUTH=PLAIN")) {
            String tag = begin("AUTHENTICATE PLAIN");
            String answer = peer.line();
            if (answer.startsWith("+")) {
                peer.send(Sasl.plain(address));
                finish(tag, peer.line());
            } else {
                finish(tag, answer);
            }
        } else if (offered.contains("LOGINDISABLED")) {
            throw new RefusedException("it takes no login by password on this connection");
        } else {
            ask("LOGIN " + quoted(address.username()) + " " + quoted(address.password()));
        }
        ask("NOOP");
        begin("LOGOUT");
    }

    /** A quoted string (RFC 9051 section 9); line breaks are refused where the address is read. */
    private static String quoted(String text) {
        return "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    private Set<String> capabilities() throws IOException {
        return ask("CAPABILITY");
    }

    private String begin(String command) throws IOException {
        String tag = "a" + ++commands;
        peer.send(tag + " " + command);
        return tag;
    }

    private Set<String> ask(String command) throws IOException {
        String tag = begin(command);
        return finish(tag, peer.line());
    }

    /** Up to the tagged response. @return the capabilities among the lines before it */
    private Set<String> finish(String tag, String first) throws IOException {
        Set<String> capabilities = new HashSet<>();
        String line = first;
        for (int lines = 0; lines < MOST_LINES; lines++, line = peer.line()) {
            if (line.startsWith(tag + " ")) {
                String result = line.substring(tag.length() + 1);
                if (!result.startsWith("OK")) {
                    throw new RefusedException(result);
                }
                return capabilities;
            }
            if (!line.startsWith("* ")) {
                throw peer.wrong();
            }
            if (line.regionMatches(true, 0, ANSWER, 0, ANSWER.length())) {
                capabilities.addAll(Arrays.asList(
                        line.substring(ANSWER.length()).toUpperCase(Locale.ROOT).split(" ")));
            }
        }
        throw peer.wrong();
    }
}
