package dev.latchkey.server.datastores;

import static java.nio.charset.StandardCharsets.UTF_16LE;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HexFormat;

/**
 * As much of SQL Server as a login and {@code SELECT 1} take (MS-TDS 2.2.6.4, 2.2.6.5, 2.2.7): pre-login without encryption, a login
 * whose user and password are looked at, and then statements.
 */
final class ScriptedSqlServer implements AutoCloseable {
    private static final int SQL_BATCH = 1;
    private static final byte[] DONE = {(byte) 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final byte[] FAILED = {(byte) 0xFD, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    private static final byte[] ONE_ROW = {(byte) 0xFD, 0x10, 0, (byte) 0xC1, 0, 1, 0, 0, 0, 0, 0, 0, 0};

    private final ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    private final String user;
    private final String password;

    ScriptedSqlServer(String user, String password) throws IOException {
        this.user = user;
        this.password = password;
        Thread.ofVirtual().start(this::serve);
    }

    int port() {
        return socket.getLocalPort();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try (Socket client = socket.accept()) {
                DataInputStream in = new DataInputStream(client.getInputStream());
                OutputStream out = client.getOutputStream();
                message(in);
                // VERSION at 11, ENCRYPTION at 17 (not supported), end of the list.
                send(out, new byte[] {0, 0, 11, 0, 6, 1, 0, 17, 0, 1, -1, 16, 0, 0, 0, 0, 0, 2});
                boolean right = isRight(message(in).body());
                send(out, right ? welcome() : refusal());
                while (right) {
                    Message asked = message(in);
                    boolean select =
                            asked.type() == SQL_BATCH && new String(asked.body(), UTF_16LE).contains("SELECT 1");
                    send(out, select ? one() : DONE);
                }
            } catch (IOException e) {
                // The driver hung up, or the test is over.
            }
        }
    }

    private record Message(int type, byte[] body) {}

    private static Message message(DataInputStream in) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        int type;
        boolean last;
        do {
            type = in.readUnsignedByte();
            last = (in.readUnsignedByte() & 1) != 0;
            int length = in.readUnsignedShort();
            in.skipNBytes(4);
            body.writeBytes(in.readNBytes(length - 8));
        } while (!last);
        return new Message(type, body.toByteArray());
    }

    /** LOGIN7: offsets and lengths of the user's name at 40, of the password, whose bytes are swapped and masked, at 44. */
    private boolean isRight(byte[] login) {
        byte[] masked = part(login, 44);
        for (int i = 0; i < masked.length; i++) {
            int plain = (masked[i] ^ 0xA5) & 0xFF;
            masked[i] = (byte) (plain << 4 | plain >> 4);
        }
        return new String(part(login, 40), UTF_16LE).equals(user) && new String(masked, UTF_16LE).equals(password);
    }

    private static byte[] part(byte[] login, int at) {
        int offset = login[at] & 0xFF | (login[at + 1] & 0xFF) << 8;
        int characters = login[at + 2] & 0xFF | (login[at + 3] & 0xFF) << 8;
        return java.util.Arrays.copyOfRange(login, offset, offset + 2 * characters);
    }

    private static void send(OutputStream out, byte[] payload) throws IOException {
        int length = payload.length + 8;
        out.write(new byte[] {4, 1, (byte) (length >> 8), (byte) length, 0, 0, 1, 0});
        out.write(payload);
        out.flush();
    }

    private static byte[] token(int type, byte[]... parts) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            body.writeBytes(part);
        }
        ByteArrayOutputStream token = new ByteArrayOutputStream();
        token.write(type);
        token.write(body.size());
        token.write(body.size() >> 8);
        token.writeBytes(body.toByteArray());
        return token.toByteArray();
    }

    private static byte[] text(String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(text.length());
        bytes.writeBytes(text.getBytes(UTF_16LE));
        return bytes.toByteArray();
    }

    private static byte[] hex(String hex) {
        return HexFormat.of().parseHex(hex);
    }

    private static byte[] joined(byte[]... tokens) {
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        for (byte[] token : tokens) {
            answer.writeBytes(token);
        }
        return answer.toByteArray();
    }

    /** The database, its collation (ENVCHANGE), and LOGINACK of TDS 7.4. */
    private static byte[] welcome() {
        return joined(
                token(0xE3, new byte[] {1}, text("shop"), text("master")),
                token(0xE3, hex("07050904d0003400")),
                token(0xAD, hex("0174000004"), text("Microsoft SQL Server"), hex("10000000")),
                DONE);
    }

    private byte[] refusal() {
        String text = "Login failed for user '" + user + "'.";
        byte[] encoded = text.getBytes(UTF_16LE);
        // Number 18456, state 1, class 14.
        byte[] head = {0x18, 0x48, 0, 0, 1, 14, (byte) text.length(), (byte) (text.length() >> 8)};
        return joined(token(0xAA, head, encoded, new byte[] {0, 0, 1, 0, 0, 0}), FAILED);
    }

    /** One column without a name, INT; one row, 1. */
    private static byte[] one() {
        return joined(hex("810100" + "00000000" + "0000" + "38" + "00"), hex("d101000000"), ONE_ROW);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
