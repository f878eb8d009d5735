package dev.latchkey.server.datastores;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** As much of SQL Server as a refused login takes (MS-TDS 2.2.6.5, 2.2.7.10): pre-login without encryption, then an error. */
final class ScriptedSqlServer implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
    private final String refusal;

    ScriptedSqlServer(String refusal) throws IOException {
        this.refusal = refusal;
        Thread.ofVirtual().start(this::serve);
    }

    int port() {
        return socket.getLocalPort();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try (Socket client = socket.accept()) {
                DataInputStream in = new DataInputStream(client.getInputStream());
                packet(in);
                // VERSION at 11, ENCRYPTION at 17 (not supported), end of the list.
                send(client.getOutputStream(), new byte[] {0, 0, 11, 0, 6, 1, 0, 17, 0, 1, -1, 16, 0, 0, 0, 0, 0, 2});
                packet(in);
                send(client.getOutputStream(), error());
            } catch (IOException e) {
                // The driver hung up, or the test is over.
            }
        }
    }

    private static void packet(DataInputStream in) throws IOException {
        boolean last = false;
        while (!last) {
            in.readUnsignedByte();
            last = (in.readUnsignedByte() & 1) != 0;
            int length = in.readUnsignedShort();
            in.skipNBytes(length - 4);
        }
    }

    private static void send(OutputStream out, byte[] payload) throws IOException {
        int length = payload.length + 8;
        out.write(new byte[] {4, 1, (byte) (length >> 8), (byte) length, 0, 0, 1, 0});
        out.write(payload);
        out.flush();
    }

    private byte[] error() {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(new byte[] {0x18, 0x48, 0, 0, 1, 14}); // 18456, state 1, class 14
        body.write(refusal.length());
        body.write(refusal.length() >> 8);
        body.writeBytes(refusal.getBytes(StandardCharsets.UTF_16LE));
        body.writeBytes(new byte[] {0, 0, 1, 0, 0, 0});
        ByteArrayOutputStream answer = new ByteArrayOutputStream();
        answer.write(0xAA);
        answer.write(body.size());
        answer.write(body.size() >> 8);
        answer.writeBytes(body.toByteArray());
        answer.writeBytes(new byte[] {(byte) 0xFD, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
        return answer.toByteArray();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
