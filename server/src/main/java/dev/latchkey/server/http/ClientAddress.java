package dev.latchkey.server.http;

import io.helidon.http.HeaderNames;
import io.helidon.http.Headers;
import io.helidon.webserver.http.ServerRequest;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.Arrays;
import java.util.List;

/**
 * The subject of a limit per address. An IPv6 client has a network of its own and may use any of its addresses, so it is counted by
 * its /64 (RFC 6177).
 *
 * @param trustForwarded whether a proxy of ours in front names the client's address in X-Forwarded-For
 */
public record ClientAddress(boolean trustForwarded) {
    private static final int LONGEST = 64;

    public String of(ServerRequest request) {
        return of(request.remotePeer().host(), request.headers());
    }

    /** The client's address itself, an IPv6 one too: the caller's, not the one that a limit counts. */
    public String exact(ServerRequest request) {
        String bare = withoutPort(named(request.remotePeer().host(), request.headers()));
        try {
            return InetAddress.ofLiteral(bare).getHostAddress();
        } catch (IllegalArgumentException e) {
            return bare.length() > LONGEST ? bare.substring(0, LONGEST) : bare;
        }
    }

    /** The last address, which the proxy in front added; earlier ones, also on earlier lines, are the client's claims. */
    public String of(String peer, Headers headers) {
        return network(named(peer, headers));
    }

    /** Whether the address is the client's own: behind an untrusted proxy only the proxy's is visible. */
    public boolean isKnown(Headers headers) {
        return trustForwarded
                || !headers.contains(HeaderNames.X_FORWARDED_FOR) && !headers.contains(HeaderNames.FORWARDED);
    }

    private String named(String peer, Headers headers) {
        if (!trustForwarded || !headers.contains(HeaderNames.X_FORWARDED_FOR)) {
            return peer;
        }
        List<String> lines = headers.get(HeaderNames.X_FORWARDED_FOR).allValues();
        String last = lines.getLast();
        String named = last.substring(last.lastIndexOf(',') + 1).strip();
        return named.isEmpty() ? peer : named;
    }

    /** An IPv4 address unchanged, the /64 of an IPv6 address; other text, shortened. */
    public static String network(String address) {
        String bare = withoutPort(address);
        try {
            InetAddress parsed = InetAddress.ofLiteral(bare);
            return parsed instanceof Inet6Address six
                    ? InetAddress.getByAddress(Arrays.copyOf(Arrays.copyOf(six.getAddress(), 8), 16))
                                    .getHostAddress() + "/64"
                    : parsed.getHostAddress();
        } catch (IllegalArgumentException | java.net.UnknownHostException e) {
            return bare.length() > LONGEST ? bare.substring(0, LONGEST) : bare;
        }
    }

    /** Some proxies write {@code 192.0.2.1:5000} or {@code [2001:db8::1]:5000}. */
    private static String withoutPort(String address) {
        if (address.startsWith("[") && address.indexOf(']') > 0) {
            return address.substring(1, address.indexOf(']'));
        }
        int colon = address.indexOf(':');
        return colon > 0 && colon == address.lastIndexOf(':') ? address.substring(0, colon) : address;
    }
}
