package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import dev.latchkey.catalogue.datastore.DatastoreTls;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;

/** LDAP: StartTLS, a simple bind, a read of the base DN's entry (RFC 4511). */
final class LdapLogin {
    private static final int BIND = 0x60;
    private static final int BIND_RESPONSE = 0x61;
    private static final int UNBIND = 0x42;
    private static final int SEARCH = 0x63;
    private static final int ENTRY = 0x64;
    private static final int DONE = 0x65;
    private static final int REFERENCE = 0x73;
    private static final int EXTENDED = 0x77;
    private static final int EXTENDED_RESPONSE = 0x78;
    private static final int SIMPLE = 0x80;
    private static final int PRESENT = 0x87;

    private static final String START_TLS = "1.3.6.1.4.1.1466.20037";
    private static final int MOST_MESSAGES = 100;

    private final Peer peer;
    private int messages;

    private LdapLogin(Peer peer) {
        this.peer = peer;
    }

    /** @throws RefusedException with the server's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        // RFC 4513 section 5.1.2: such a bind succeeds without proving anything.
        if (!address.username().isEmpty() && address.password().isEmpty()) {
            throw new RefusedException("a bind with a DN needs a password");
        }
        try (Peer peer = new Peer(address, host, attempt, "LDAP")) {
            new LdapLogin(peer).talk(address);
        }
    }

    private void talk(DatastoreAddress address) throws IOException {
        if (address.tls() != DatastoreTls.DISABLE && !address.tlsAtConnect()) {
            send(Ber.element(EXTENDED, Ber.text(SIMPLE, START_TLS)));
            succeed(EXTENDED_RESPONSE, "StartTLS: ");
            peer.secure();
        }
        send(Ber.element(
                BIND,
                Ber.number(Ber.INTEGER, 3),
                Ber.text(Ber.OCTETS, address.username()),
                Ber.text(SIMPLE, address.password())));
        succeed(BIND_RESPONSE, "");
        // Without a base, the server's own entry (RFC 4512 section 5.1), which anybody may read.
        send(Ber.element(
                SEARCH,
                Ber.text(Ber.OCTETS, address.database()),
                Ber.number(Ber.ENUMERATED, 0),
                Ber.number(Ber.ENUMERATED, 0),
                Ber.number(Ber.INTEGER, 1),
                Ber.number(Ber.INTEGER, 5),
                Ber.number(0x01, 0),
                Ber.text(PRESENT, "objectClass"),
                // No attributes (section 4.5.1.8).
                Ber.element(Ber.SEQUENCE, Ber.text(Ber.OCTETS, "1.1"))));
        succeed(DONE, "");
        send(Ber.element(UNBIND));
    }

    private void send(byte[] operation) throws IOException {
        peer.send(Ber.element(Ber.SEQUENCE, Ber.number(Ber.INTEGER, ++messages), operation));
    }

    /** Reads up to the result of the operation. */
    private void succeed(int expected, String before) throws IOException {
        try {
            for (int i = 0; i < MOST_MESSAGES; i++) {
                Ber.Element message = Ber.read(peer.in());
                DataInputStream parts = parts(message, Ber.SEQUENCE);
                if (Ber.read(parts).tag() != Ber.INTEGER) {
                    throw peer.wrong();
                }
                Ber.Element operation = Ber.read(parts);
                if (operation.tag() == expected || operation.tag() == EXTENDED_RESPONSE) {
                    // An extended response that was not requested is the notice of disconnection (section 4.4.1).
                    result(parts(operation, operation.tag()), before);
                    if (operation.tag() == expected) {
                        return;
                    }
                } else if (expected != DONE || operation.tag() != ENTRY && operation.tag() != REFERENCE) {
                    throw peer.wrong();
                }
            }
        } catch (EOFException e) {
            throw new RefusedException("it closed the connection");
        }
        throw peer.wrong();
    }

    private DataInputStream parts(Ber.Element element, int tag) throws RefusedException {
        if (element.tag() != tag) {
            throw peer.wrong();
        }
        return new DataInputStream(new ByteArrayInputStream(element.content()));
    }

    private static void result(DataInputStream parts, String before) throws IOException {
        int code = Ber.read(parts).number();
        Ber.read(parts);
        String message = Ber.read(parts).text();
        if (code != 0) {
            throw new RefusedException(before + name(code) + (message.isBlank() ? "" : ", " + message));
        }
    }

    /** RFC 4511 appendix A. */
    private static String name(int code) {
        String name = switch (code) {
            case 2 -> "protocolError";
            case 7 -> "authMethodNotSupported";
            case 8 -> "strongerAuthRequired";
            case 10 -> "referral";
            case 13 -> "confidentialityRequired";
            case 32 -> "noSuchObject";
            case 34 -> "invalidDNSyntax";
            case 48 -> "inappropriateAuthentication";
            case 49 -> "invalidCredentials";
            case 50 -> "insufficientAccessRights";
            case 51 -> "busy";
            case 52 -> "unavailable";
            case 53 -> "unwillingToPerform";
            default -> "result";
        };
        return name + " (" + code + ")";
    }
}
