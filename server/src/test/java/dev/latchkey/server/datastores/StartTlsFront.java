package dev.latchkey.server.datastores;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/** STARTTLS of IMAP (RFC 9051 section 6.2.1) in front of a server that has none: in clear text it does nothing else. */
final class StartTlsFront implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final SSLContext tls;
    private final int behind;

    StartTlsFront(SSLContext tls, int behind) throws IOException {
        this.tls = tls;
        this.behind = behind;
        Thread.ofPlatform().daemon().start(this::serve);
    }

    int port() {
        return socket.getLocalPort();
    }

    private void serve() {
        while (!socket.isClosed()) {
            try {
                Socket client = socket.accept();
                Thread.ofPlatform().daemon().start(() -> talk(client));
            } catch (IOException e) {
                // The test is over.
            }
        }
    }

    private void talk(Socket client) {
        try (client;
                Socket server = new Socket(InetAddress.getLoopbackAddress(), behind)) {
            OutputStream out = client.getOutputStream();
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.US_ASCII));
            BufferedReader greeting =
                    new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.US_ASCII), 1);
            out.write((greeting.readLine() + "\r\n").getBytes(StandardCharsets.US_ASCII));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                String tag = line.split(" ")[0];
                if (line.endsWith(" STARTTLS")) {
                    out.write((tag + " OK begin\r\n").getBytes(StandardCharsets.US_ASCII));
                    SSLSocket secure = (SSLSocket) tls.getSocketFactory().createSocket(client, null, true);
                    Thread back = Thread.ofPlatform().daemon().start(() -> copy(server, secure));
                    copy(secure, server);
                    back.join();
                    return;
                }
                String answer = line.endsWith(" CAPABILITY")
                        ? "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n" + tag + " OK\r\n"
                        : tag + " NO only by TLS\r\n";
                out.write(answer.getBytes(StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            // The client hung up.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            in.transferTo(to.getOutputStream());
            to.close();
        } catch (IOException e) {
            // One side hung up.
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
