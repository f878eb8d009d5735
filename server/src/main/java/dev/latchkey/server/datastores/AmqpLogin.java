package dev.latchkey.server.datastores;

import dev.latchkey.catalogue.datastore.DatastoreAddress;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** AMQP 0-9-1, as RabbitMQ speaks it: a login by PLAIN or by certificate (EXTERNAL), and the virtual host is opened. */
final class AmqpLogin {
    private static final byte[] HEADER = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};
    private static final int METHOD = 1;
    private static final int HEARTBEAT = 8;
    private static final int END = 0xCE;
    private static final int LONGEST = 128 * 1024;
    private static final int MOST_FRAMES = 20;

    /** Of the class connection (10), section 1.4 of the specification. */
    private static final int START = 10;

    private static final int START_OK = 11;
    private static final int TUNE = 30;
    private static final int TUNE_OK = 31;
    private static final int OPEN = 40;
    private static final int OPEN_OK = 41;
    private static final int CLOSE = 50;

    private final Peer peer;

    private AmqpLogin(Peer peer) {
        this.peer = peer;
    }

    /** @throws RefusedException with the server's message */
    static void prove(DatastoreAddress address, DatastoreAddress.Host host, Attempt attempt) throws IOException {
        try (Peer peer = new Peer(address, host, attempt, "AMQP 0-9-1")) {
            new AmqpLogin(peer).talk(address);
        }
    }

    private void talk(DatastoreAddress address) throws IOException {
        peer.send(HEADER);
        DataInputStream start = receive(START);
        start.readShort();
        longText(start);
        List<String> mechanisms = List.of(new String(longText(start), StandardCharsets.US_ASCII).split(" "));
        boolean byCertificate =
                address.username().isEmpty() && !address.certificates().client().isEmpty();
        String mechanism = byCertificate ? "EXTERNAL" : "PLAIN";
        if (!mechanisms.contains(mechanism)) {
            throw new RefusedException(
                    "it takes logins by " + String.join(", ", mechanisms) + ", and not by " + mechanism);
        }
        send(START_OK, out -> {
            // With this, a refused login is answered by words instead of a closed connection.
            byte[] capabilities = table("authentication_failure_close", 't', new byte[] {1});
            bytes(out, table("capabilities", 'F', joined(capabilities)));
            shortText(out, mechanism);
            bytes(out, byCertificate ? new byte[0] : Sasl.plainBytes(address));
            shortText(out, "en_US");
        });
        DataInputStream tune = receive(TUNE);
        int channels = tune.readUnsignedShort();
        int frame = tune.readInt();
        send(TUNE_OK, out -> {
            out.writeShort(channels);
            out.writeInt(frame);
            // No heartbeats: this is over in a moment.
            out.writeShort(0);
        });
        send(OPEN, out -> {
            shortText(out, address.database().isEmpty() ? "/" : address.database());
            shortText(out, "");
            out.writeByte(0);
        });
        receive(OPEN_OK);
        send(CLOSE, out -> {
            out.writeShort(200);
            shortText(out, "");
            out.writeInt(0);
        });
    }

    private interface Arguments {
        void to(DataOutputStream out) throws IOException;
    }

    private void send(int method, Arguments arguments) throws IOException {
        ByteArrayOutputStream payload = new ByteArrayOutputStream();
        DataOutputStream in = new DataOutputStream(payload);
        in.writeShort(10);
        in.writeShort(method);
        arguments.to(in);
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(frame);
        out.writeByte(METHOD);
        out.writeShort(0);
        out.writeInt(payload.size());
        payload.writeTo(out);
        out.writeByte(END);
        peer.send(frame.toByteArray());
    }

    /** The arguments of the method. @throws RefusedException with the server's words when it closes instead */
    private DataInputStream receive(int method) throws IOException {
        for (int i = 0; i < MOST_FRAMES; i++) {
            int type = peer.in().read();
            if (type < 0) {
                throw new RefusedException("it closed the connection");
            }
            if (type == HEADER[0]) {
                throw new RefusedException("it speaks AMQP, but not version 0-9-1");
            }
            byte[] rest = peer.bytes(6, 6);
            DataInputStream head = new DataInputStream(new ByteArrayInputStream(rest));
            head.readShort();
            DataInputStream arguments =
                    new DataInputStream(new ByteArrayInputStream(peer.bytes(head.readInt(), LONGEST)));
            if ((peer.bytes(1, 1)[0] & 0xff) != END || type != METHOD && type != HEARTBEAT) {
                throw peer.wrong();
            }
            if (type == METHOD) {
                int owner = arguments.readUnsignedShort();
                int found = arguments.readUnsignedShort();
                if (owner == 10 && found == CLOSE) {
                    int code = arguments.readUnsignedShort();
                    byte[] words = arguments.readNBytes(arguments.readUnsignedByte());
                    throw new RefusedException(code + " " + new String(words, StandardCharsets.UTF_8));
                }
                if (owner != 10 || found != method) {
                    throw peer.wrong();
                }
                return arguments;
            }
        }
        throw peer.wrong();
    }

    private byte[] longText(DataInputStream in) throws IOException {
        int length = in.readInt();
        if (length < 0 || length > in.available()) {
            throw peer.wrong();
        }
        return in.readNBytes(length);
    }

    /** The content of a table of one field, without its length. */
    private static byte[] table(String name, char type, byte[] value) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        shortText(out, name);
        out.writeByte(type);
        out.write(value);
        return bytes.toByteArray();
    }

    /** With its length in front, as tables and long texts have it. */
    private static byte[] joined(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes(new DataOutputStream(bytes), content);
        return bytes.toByteArray();
    }

    private static void bytes(DataOutputStream out, byte[] content) throws IOException {
        out.writeInt(content.length);
        out.write(content);
    }

    private static void shortText(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 255) {
            throw new RefusedException("the name of the virtual host is longer than AMQP allows");
        }
        out.writeByte(bytes.length);
        out.write(bytes);
    }
}
