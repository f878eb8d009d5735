package dev.latchkey.server.egress;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.HttpHostConnectException;
import org.apache.hc.core5.http.ConnectionRequestTimeoutException;

/** What the library's exceptions mean. */
final class Failures {
    private Failures() {}

    /** @param certified a client certificate was shown: in TLS 1.3 a server may reject it by closing, without an alert that arrives */
    static EgressException of(IOException e, URI uri, boolean certified, Cancellation cancellation) {
        String host = uri.getHost();
        return switch (e) {
            case Connections.ForbiddenException forbidden -> forbidden.reason();
            case IOException any
            when cancellation.isCancelled() ->
                new EgressException(EgressException.Kind.CANCELLED, "the call to " + host + " was given up");
            case HttpHostConnectException refused ->
                new EgressException(EgressException.Kind.NOT_CONNECTED, host + " cannot be reached");
            case ConnectTimeoutException late ->
                new EgressException(EgressException.Kind.NOT_CONNECTED, host + " cannot be reached in time");
            case ConnectionRequestTimeoutException busy ->
                new EgressException(EgressException.Kind.BUSY, "too many calls to " + host + " are under way");
            case ConnectException refused ->
                new EgressException(EgressException.Kind.NOT_CONNECTED, host + " cannot be reached");
            case NoRouteToHostException unreachable ->
                new EgressException(EgressException.Kind.NOT_CONNECTED, host + " cannot be reached");
            case UnknownHostException unknown ->
                new EgressException(EgressException.Kind.NOT_CONNECTED, "the host " + host + " is not known");
            case SSLException wrong -> EgressException.untrusted("TLS with " + host + " failed" + Tls.reason(wrong));
            case InterruptedIOException late ->
                new EgressException(EgressException.Kind.TIMEOUT, host + " did not answer in time");
            default ->
                new EgressException(
                        EgressException.Kind.UNREACHABLE,
                        host + " broke the connection off"
                                + (certified ? ", as a server does that refused the client certificate" : ""));
        };
    }
}
