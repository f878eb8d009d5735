package dev.latchkey.server.dashboard;

import dev.latchkey.server.configuration.Configuration;
import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/** Whether a request was made on the machine that serves it. */
final class ThisMachine {
    private static final List<String> FORWARDED = List.of(
            "Forwarded",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Proto",
            "X-Forwarded-Port",
            "X-Forwarded-Server",
            "X-Original-Forwarded-For",
            "X-Real-IP",
            "X-Client-IP",
            "X-Cluster-Client-IP",
            "True-Client-IP",
            "CF-Connecting-IP",
            "Fastly-Client-IP",
            "Via");

    private ThisMachine() {}

    /**
     * A proxy on this machine would make every visitor look local: its headers show it, or the requested host name, or the origin that
     * browsers send. The name also keeps out a page whose own name was made to lead here (DNS rebinding).
     */
    static boolean sent(ServerRequest request) {
        if (FORWARDED.stream().anyMatch(header -> request.headers().contains(HeaderNames.create(header)))) {
            return false;
        }
        Optional<String> origin = request.headers().first(HeaderNames.ORIGIN);
        return (origin.isEmpty() || Configuration.isLoopbackName(hostOf(origin.get())))
                && Configuration.isLoopbackName(hostOf(
                        "http://" + request.headers().first(HeaderNames.HOST).orElse("")))
                && isLoopback(request.remotePeer().host());
    }

    private static boolean isLoopback(String address) {
        try {
            // An address, never a name: nothing is looked up.
            return address.matches("[0-9a-fA-F.:%]+")
                    && InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private static String hostOf(String url) {
        try {
            return Optional.ofNullable(URI.create(url).getHost()).orElse("");
        } catch (IllegalArgumentException e) {
            return "";
        }
    }
}
