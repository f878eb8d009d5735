package dev.latchkey.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A server that reads a request, sends a beginning, and then nothing more. */
final class StubbornServer implements AutoCloseable {
    final URI address;
    private final ServerSocket socket;
    private final String beginning;
    private final List<Socket> clients = new CopyOnWriteArrayList<>();

    StubbornServer(String beginning) {
        this.beginning = beginning;
        try {
            socket = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        address = URI.create("http://127.0.0.1:" + socket.getLocalPort());
        Thread thread = new Thread(this::serve);
        thread.setDaemon(true);
        thread.start();
    }

    private void serve() {
        try {
            while (true) {
                Socket client = socket.accept();
                clients.add(client);
                client.getOutputStream().write(beginning.getBytes(UTF_8));
                client.getOutputStream().flush();
            }
        } catch (IOException e) {
            // Closed.
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
            for (Socket client : clients) {
                client.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
