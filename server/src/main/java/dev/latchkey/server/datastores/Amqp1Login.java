package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.List;

/**
 * AMQP 1.0, as ActiveMQ Artemis, Qpid and Azure Service Bus speak it: a login by SASL (part 5 of the specification), then the
 * connection is opened and closed (section 2.4). No session is begun.
 */
final class Amqp1Login {
    private static final byte[] SASL_HEADER = {'A', 'M', 'Q', 'P', 3, 1, 0, 0};
    private static final byte[] HEADER = {'A', 'M', 'Q', 'P', 0, 1, 0, 0};

    private static final int AMQP_FRAME = 0;
    private static final int SASL_FRAME = 1;
    private static final int LONGEST = 64 * 1024;
    private static final int MOST_FRAMES = 20;

    private static final int OPEN = 0x10;
    private static final int CLOSE = 0x18;
    private static final int MECHANISMS = 0x40;
    private static final int INIT = 0x41;
    private static final int OUTCOME = 0x44;

    private final Peer peer;
    private final DatastoreAddress address;
    private final String host;

    private Amqp1Login(Peer peer, DatastoreAddress address, String host) {
        this.peer = peer;
        this.address = address;
        this.host = host;
    }

    /** @throws RefusedException with the broker's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        try (Peer peer = new Peer(address, host, attempt, "AMQP 1.0")) {
            String name = address.database().isEmpty() ? host.name() : address.database();
            new Amqp1Login(peer, address, name).talk();
        } catch (EOFException e) {
            throw new RefusedException("its message ends too early");
        }
    }

    private void talk() throws IOException {
        peer.send(SASL_HEADER);
        header(SASL_HEADER);
        login(frame(SASL_FRAME, MECHANISMS).getFirst().texts());
        peer.send(HEADER);
        header(HEADER);
        send(AMQP_FRAME, AmqpValue.list(OPEN, AmqpValue.string("latchkey"), AmqpValue.string(host)));
        frame(AMQP_FRAME, OPEN);
        // A broker that does not want this connection opens it all the same, and closes it with the reason (section
        // 2.4.2).
        send(AMQP_FRAME, AmqpValue.list(CLOSE));
        frame(AMQP_FRAME, CLOSE);
    }

    private void header(byte[] expected) throws IOException {
        byte[] found = peer.bytes(8, 8);
        if (MessageDigest.isEqual(found, expected)) {
            return;
        }
        if (found[0] != 'A' || found[1] != 'M' || found[2] != 'Q' || found[3] != 'P') {
            throw peer.wrong();
        }
        boolean older = found[5] == 0;
        throw new RefusedException(
                older ? "it speaks AMQP, but not version 1.0" : "it takes no login by SASL on this port");
    }

    private void login(List<String> offered) throws IOException {
        boolean nobody = address.username().isEmpty() && address.password().isEmpty();
        List<String> wanted = !nobody
                ? List.of("PLAIN")
                : address.certificates().client().isEmpty() ? List.of("ANONYMOUS") : List.of("EXTERNAL");
        String mechanism = wanted.stream()
                .filter(offered::contains)
                .findFirst()
                .orElseThrow(() -> new RefusedException("it takes logins by " + String.join(", ", offered)
                        + ", and not by " + String.join(", ", wanted)));
        init(mechanism, mechanism.equals("PLAIN") ? Sasl.plainBytes(address) : new byte[0]);
        outcome(frame(SASL_FRAME, OUTCOME));
    }

    private void init(String mechanism, byte[] response) throws IOException {
        send(
                SASL_FRAME,
                AmqpValue.list(INIT, AmqpValue.symbol(mechanism), AmqpValue.binary(response), AmqpValue.string(host)));
    }

    /** Section 5.3.3.6. */
    private static void outcome(List<AmqpValue> outcome) throws RefusedException {
        switch ((int) outcome.getFirst().number()) {
            case 0 -> {}
            case 1 -> throw new RefusedException("the login is refused (SASL outcome auth)");
            case 4 -> throw new RefusedException("it cannot check logins at the moment (SASL outcome sys-temp)");
            default -> throw new RefusedException("it cannot check this login (SASL outcome sys)");
        }
    }

    private void send(int type, byte[] body) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream frame = new DataOutputStream(bytes);
        frame.writeInt(8 + body.length);
        frame.writeByte(2);
        frame.writeByte(type);
        frame.writeShort(0);
        frame.write(body);
        peer.send(bytes.toByteArray());
    }

    /** The fields of the next frame, which must be of this kind. */
    private List<AmqpValue> frame(int type, int kind) throws IOException {
        return expect(read(type), kind);
    }

    /** @throws RefusedException with the broker's words when it closes instead, or because of an error */
    private List<AmqpValue> expect(AmqpValue frame, int kind) throws IOException {
        List<AmqpValue> fields = frame.elements();
        if (frame.descriptor() == CLOSE
                && !fields.isEmpty()
                && !fields.getFirst().elements().isEmpty()) {
            List<AmqpValue> error = fields.getFirst().elements();
            String words = error.size() > 1 ? error.get(1).text() : "";
            throw new RefusedException(error.getFirst().text() + (words.isBlank() ? "" : ": " + words));
        }
        if (frame.descriptor() != kind || kind != CLOSE && fields.isEmpty()) {
            throw peer.wrong();
        }
        return fields;
    }

    /** Frames without a body only keep a connection alive. */
    private AmqpValue read(int type) throws IOException {
        for (int i = 0; i < MOST_FRAMES; i++) {
            DataInputStream head = new DataInputStream(new ByteArrayInputStream(peer.bytes(8, 8)));
            int size = head.readInt();
            int offset = 4 * head.readUnsignedByte();
            int found = head.readUnsignedByte();
            if (size < offset || offset < 8 || found != type) {
                throw peer.wrong();
            }
            byte[] rest = peer.bytes(size - 8L, LONGEST);
            if (size > offset) {
                DataInputStream body = new DataInputStream(new ByteArrayInputStream(rest));
                body.skipBytes(offset - 8);
                return AmqpValue.read(body);
            }
        }
        throw peer.wrong();
    }
}
