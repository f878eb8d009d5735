package dev.latchkey.server.datastores;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

/** A database server that a stranger runs: it begins as its protocol says, and then asks for work or sends without end. */
final class HostileServer implements AutoCloseable {
    /** What it does with each connection; ends when it returns or the client hangs up. */
    interface Script {
        void talk(DataInputStream in, OutputStream out) throws Exception;

        /** And after that, without end. */
        default Script then(byte[] more) {
            return (in, out) -> {
                talk(in, out);
                forever(out, more);
            };
        }
    }

    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final Script script;

    HostileServer(Script script) throws IOException {
        this.script = script;
        Thread.ofPlatform().daemon().start(this::serve);
    }

    int port() {
        return socket.getLocalPort();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofPlatform().daemon().start(() -> {
                    try (client) {
                        script.talk(new DataInputStream(client.getInputStream()), client.getOutputStream());
                    } catch (Exception e) {
                        // The client hung up, as it should.
                    }
                });
            } catch (IOException e) {
                // The test is over.
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }

    static void forever(OutputStream out, byte[] bytes) throws IOException {
        byte[] many = new byte[Math.max(1, 65_536 / bytes.length) * bytes.length];
        for (int i = 0; i < many.length; i += bytes.length) {
            System.arraycopy(bytes, 0, many, i, bytes.length);
        }
        while (true) {
            out.write(many);
        }
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    private static String nonce(byte[] clientFirst) {
        String text = new String(clientFirst, StandardCharsets.ISO_8859_1);
        String rest = text.substring(text.indexOf("r=") + 2);
        return rest.replaceFirst("[^!-~].*", "").replaceFirst(",.*", "");
    }

    private static String scram(byte[] clientFirst, String rounds) {
        return "r=" + nonce(clientFirst) + "server,s=" + Base64.getEncoder().encodeToString(ascii("0123456789abcdef"))
                + ",i=" + rounds;
    }

    /** PostgreSQL's message: a letter, the length of what follows and itself, the content. */
    static byte[] pg(char type, int length, byte[] content) {
        return ByteBuffer.allocate(5 + content.length)
                .put((byte) type)
                .putInt(length)
                .put(content)
                .array();
    }

    static byte[] pg(char type, byte[] content) {
        return pg(type, content.length + 4, content);
    }

    private static byte[] number(int number) {
        return ByteBuffer.allocate(4).putInt(number).array();
    }

    private static byte[] readPg(DataInputStream in, boolean startup) throws IOException {
        if (!startup) {
            in.readByte();
        }
        return in.readNBytes(in.readInt() - 4);
    }

    static Script postgresScram(String rounds) {
        return (in, out) -> {
            readPg(in, true);
            out.write(pg('R', joined(number(10), ascii("SCRAM-SHA-256\0\0"))));
            byte[] first = readPg(in, false);
            out.write(pg('R', joined(number(11), ascii(scram(first, rounds)))));
            in.readAllBytes();
        };
    }

    /** Of Kafka, after its response to ApiVersions: the mechanism is taken, and then SCRAM asks for work. */
    static Script kafkaScram(byte[] versions, String rounds) {
        return (in, out) -> {
            in.readNBytes(in.readInt());
            out.write(versions);
            in.readNBytes(in.readInt());
            out.write(joined(number(10), number(2), new byte[2], number(0)));
            byte[] first = in.readNBytes(in.readInt());
            byte[] challenge = ascii(scram(first, rounds));
            out.write(joined(
                    number(12 + challenge.length),
                    number(3),
                    new byte[] {0, 0, -1, -1},
                    number(challenge.length),
                    challenge));
            in.readAllBytes();
        };
    }

    /** After the startup message. */
    static Script postgres(byte[] then, boolean endless) {
        return (in, out) -> {
            readPg(in, true);
            if (endless) {
                forever(out, then);
            }
            out.write(then);
            in.readAllBytes();
        };
    }

    /** MariaDB's packet: a length of three bytes, a sequence number, the content. */
    static byte[] packet(int sequence, byte[] content) {
        return joined(
                new byte[] {
                    (byte) content.length, (byte) (content.length >> 8), (byte) (content.length >> 16), (byte) sequence
                },
                content);
    }

    private static byte[] greeting() {
        return packet(
                0,
                joined(
                        new byte[] {10},
                        ascii("11.8.2-MariaDB\0"),
                        number(1),
                        ascii("01234567\0"),
                        new byte[] {(byte) 0x09, (byte) 0x82, 45, 2, 0, 8, 0, 21},
                        new byte[10],
                        ascii("0123456789ab\0mysql_native_password\0")));
    }

    private static int readPacket(DataInputStream in) throws IOException {
        int length = in.read() | in.read() << 8 | in.read() << 16;
        int sequence = in.read();
        in.readNBytes(length);
        return sequence;
    }

    static Script mariaDb(byte[] then, boolean endless) {
        return (in, out) -> {
            out.write(greeting());
            readPacket(in);
            if (endless) {
                forever(out, then);
            }
            out.write(then);
            in.readAllBytes();
        };
    }

    /** @param factor 1,024 rounds doubled so often */
    static Script parsec(int factor) {
        return (in, out) -> {
            out.write(greeting());
            int sequence = readPacket(in);
            out.write(packet(
                    sequence + 1,
                    joined(new byte[] {(byte) 0xFE}, ascii("parsec\0"), ascii("x".repeat(32)), new byte[1])));
            sequence = readPacket(in);
            out.write(packet(sequence + 1, joined(new byte[] {1, 'P', (byte) factor}, ascii("0123456789abcdef01"))));
            in.readAllBytes();
        };
    }

    static Script otherPlugin(String plugin) {
        return (in, out) -> {
            out.write(greeting());
            int sequence = readPacket(in);
            out.write(packet(sequence + 1, joined(new byte[] {(byte) 0xFE}, ascii(plugin + "\0"), new byte[21])));
            for (int i = 0; i < 5; i++) {
                sequence = readPacket(in);
                out.write(packet(sequence + 1, joined(new byte[] {1, 4})));
            }
            in.readAllBytes();
        };
    }

    private static byte[] tds(byte[] payload) {
        int length = payload.length + 8;
        return joined(new byte[] {4, 1, (byte) (length >> 8), (byte) length, 0, 0, 1, 0}, payload);
    }

    private static void readTds(DataInputStream in) throws IOException {
        boolean last;
        do {
            in.readByte();
            last = (in.readUnsignedByte() & 1) != 0;
            int length = in.readUnsignedShort();
            in.readNBytes(length - 4);
        } while (!last);
    }

    /** After the login. */
    static Script sqlServer(byte[] then, boolean endless) {
        return (in, out) -> {
            readTds(in);
            out.write(tds(new byte[] {0, 0, 11, 0, 6, 1, 0, 17, 0, 1, -1, 16, 0, 0, 0, 0, 0, 2}));
            readTds(in);
            if (endless) {
                forever(out, then);
            }
            out.write(then);
            in.readAllBytes();
        };
    }

    /** One message that continues in packet after packet. */
    static byte[] tdsPart(byte[] payload) {
        byte[] whole = tds(payload);
        whole[1] = 0;
        return whole;
    }

    static byte[] tdsWhole(byte[] payload) {
        return tds(payload);
    }

    /** Speaks first. */
    static Script greeting(byte[] then, boolean endless) {
        return (in, out) -> {
            if (endless) {
                forever(out, then);
            }
            out.write(then);
        };
    }

    static Script plain(byte[] then, boolean endless) {
        return (in, out) -> {
            in.readByte();
            if (endless) {
                forever(out, then);
            }
            out.write(then);
            in.readAllBytes();
        };
    }

    /** A MongoDB message's header says how long it is; the request that it answers is taken from the request. */
    static byte[] mongo(int length, int answered, byte[] bson) {
        return ByteBuffer.allocate(21 + bson.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(length)
                .putInt(1)
                .putInt(answered)
                .putInt(2013)
                .putInt(0)
                .put((byte) 0)
                .put(bson)
                .array();
    }

    static byte[] mongo(int answered, byte[] bson) {
        return mongo(21 + bson.length, answered, bson);
    }

    static int readMongo(DataInputStream in, ByteArrayOutputStream body) throws IOException {
        ByteBuffer header = ByteBuffer.wrap(in.readNBytes(16)).order(ByteOrder.LITTLE_ENDIAN);
        body.writeBytes(in.readNBytes(header.getInt() - 16));
        return header.getInt();
    }

    static byte[] bson(Object... pairs) {
        ByteArrayOutputStream fields = new ByteArrayOutputStream();
        for (int i = 0; i < pairs.length; i += 2) {
            byte[] name = ascii(pairs[i] + "\0");
            switch (pairs[i + 1]) {
                case Integer number -> {
                    fields.write(0x10);
                    fields.writeBytes(name);
                    fields.writeBytes(little(number));
                }
                case String text -> {
                    fields.write(0x02);
                    fields.writeBytes(name);
                    fields.writeBytes(little(text.length() + 1));
                    fields.writeBytes(ascii(text + "\0"));
                }
                case byte[] binary -> {
                    fields.write(0x05);
                    fields.writeBytes(name);
                    fields.writeBytes(little(binary.length));
                    fields.write(0);
                    fields.writeBytes(binary);
                }
                case Boolean flag -> {
                    fields.write(0x08);
                    fields.writeBytes(name);
                    fields.write(flag ? 1 : 0);
                }
                default -> throw new IllegalArgumentException();
            }
        }
        return joined(little(fields.size() + 5), fields.toByteArray(), new byte[1]);
    }

    private static byte[] little(int number) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(number)
                .array();
    }

    /** As deep as 60 KB are. */
    static byte[] nested() {
        byte[] document = {5, 0, 0, 0, 0};
        int levels = 7_000;
        ByteBuffer whole = ByteBuffer.allocate(levels * 8 + 5).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < levels; i++) {
            whole.putInt(whole.capacity() - i * 8).put((byte) 3).put((byte) 'a').put((byte) 0);
        }
        byte[] bytes = Arrays.copyOf(whole.array(), whole.capacity());
        System.arraycopy(document, 0, bytes, levels * 7, document.length);
        return bytes;
    }

    static Script mongoScram(String rounds) {
        return (in, out) -> {
            ByteArrayOutputStream body = new ByteArrayOutputStream();
            out.write(mongo(readMongo(in, body), bson("ok", 1, "maxWireVersion", 21)));
            body.reset();
            int request = readMongo(in, body);
            out.write(mongo(
                    request,
                    bson(
                            "ok",
                            1,
                            "conversationId",
                            1,
                            "done",
                            false,
                            "payload",
                            ascii(scram(body.toByteArray(), rounds)))));
            // Never proves that it knows the password.
            body.reset();
            request = readMongo(in, body);
            out.write(mongo(request, bson("ok", 1, "conversationId", 1, "done", true, "payload", ascii("v=AAAA"))));
            in.readAllBytes();
        };
    }

    /** To the greeting. */
    static Script mongo(java.util.function.IntFunction<byte[]> answer, boolean endless) {
        return (in, out) -> {
            byte[] bytes = answer.apply(readMongo(in, new ByteArrayOutputStream()));
            if (endless) {
                forever(out, bytes);
            }
            out.write(bytes);
            in.readAllBytes();
        };
    }
}
