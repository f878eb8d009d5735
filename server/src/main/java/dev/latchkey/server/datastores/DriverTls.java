package dev.latchkey.server.datastores;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import javax.net.ssl.SSLSocketFactory;

/** The attempt's TLS, where pgjdbc takes the name of a class. Public only for the driver. */
public final class DriverTls extends SSLSocketFactory {
    private final SSLSocketFactory of = Attempt.CURRENT.get().tls().getSocketFactory();

    @Override
    public Socket createSocket(Socket socket, String host, int port, boolean autoClose) throws IOException {
        return of.createSocket(socket, host, port, autoClose);
    }

    @Override
    public String[] getDefaultCipherSuites() {
        return of.getDefaultCipherSuites();
    }

    @Override
    public String[] getSupportedCipherSuites() {
        return of.getSupportedCipherSuites();
    }

    /** Connections of its own would bypass the guard. */
    private static UnsupportedOperationException unguarded() {
        return new UnsupportedOperationException("TLS is laid over a guarded socket");
    }

    @Override
    public Socket createSocket(String host, int port) {
        throw unguarded();
    }

    @Override
    public Socket createSocket(String host, int port, InetAddress local, int localPort) {
        throw unguarded();
    }

    @Override
    public Socket createSocket(InetAddress host, int port) {
        throw unguarded();
    }

    @Override
    public Socket createSocket(InetAddress host, int port, InetAddress local, int localPort) {
        throw unguarded();
    }
}
