package dev.latchkey.server.egress;

import dev.latchkey.server.access.Cidr;
import dev.latchkey.server.configuration.Configuration;
import dev.latchkey.server.configuration.Setting;
import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.apache.hc.client5.http.ConnectTimeoutException;
import org.apache.hc.client5.http.HttpHostConnectException;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpStatus;
import org.apache.hc.core5.net.NamedEndpoint;
import org.jspecify.annotations.Nullable;

/**
 * The operator's way to the internet: a proxy that is asked to connect to a vendor's host (CONNECT, RFC 9110 section 9.3.6), so that it
 * sees names and no content. It looks names up itself.
 *
 * @param credentials {@code user:password}
 * @param direct hosts that are called without it: {@code name}, {@code *.name} or {@code .name}, an address or a range
 */
public record ForwardProxy(String host, int port, Optional<Secret> credentials, List<String> direct) {
    /** This machine, which no proxy reaches. */
    private static final List<String> OURS = List.of("localhost", "*.localhost", "127.0.0.0/8", "::1");

    /**
     * The proxy, if there is one.
     *
     * @param publicUrl the server's own address, where the lab answers
     */
    public static Optional<ForwardProxy> of(Configuration.Egress egress, URI publicUrl) {
        List<String> direct = new ArrayList<>(egress.direct());
        direct.add(publicUrl.getHost());
        return egress.forwardProxy()
                .map(it -> new ForwardProxy(it.host(), it.port(), it.credentials(), List.copyOf(direct)));
    }

    /** Whether a host is asked of it. @param name in lower case */
    boolean reaches(String name) {
        String plain = name.replaceAll("^\\[|]$", "");
        return direct.stream().noneMatch(entry -> matches(entry.strip().toLowerCase(Locale.ROOT), plain))
                && OURS.stream().noneMatch(entry -> matches(entry, plain));
    }

    private static boolean matches(String entry, String name) {
        if (entry.equals("*")) {
            return true;
        }
        if (entry.startsWith("*.") || entry.startsWith(".")) {
            return name.endsWith(entry.substring(entry.indexOf('.')));
        }
        boolean isAddress = name.contains(":") || name.matches("[0-9.]+");
        return entry.equals(name)
                || isAddress
                        && Cidr.parse(entry)
                                .filter(range -> range.contains(name))
                                .isPresent();
    }

    /** It answered itself, in place of the vendor. */
    static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1;
        private final int status;

        RefusedException(int status) {
            super("the proxy answered " + status);
            this.status = status;
        }
    }

    /**
     * The library returns the proxy's refusal of a tunnel as if the vendor had answered; then there is no TLS.
     *
     * @throws RefusedException when a response is the proxy's own
     */
    static void requireOfVendor(URI uri, ClassicHttpResponse response, HttpClientContext context) throws IOException {
        boolean withoutTunnel = "https".equals(uri.getScheme()) && context.getSSLSession() == null;
        if (withoutTunnel || response.getCode() == HttpStatus.SC_PROXY_AUTHENTICATION_REQUIRED) {
            response.close();
            throw new RefusedException(response.getCode());
        }
    }

    /** What went wrong at the proxy: nothing of the request has reached the vendor then. */
    Optional<EgressException> failure(IOException e, URI uri) {
        return switch (e) {
            case HttpHostConnectException refused
            when isOf(refused.getHost()) -> Optional.of(failed(" cannot be reached"));
            case ConnectTimeoutException late when isOf(late.getHost()) -> Optional.of(failed(" cannot be reached"));
            // Some answer 401 to a wrong password.
            case RefusedException refused
            when refused.status == HttpStatus.SC_PROXY_AUTHENTICATION_REQUIRED
                    || refused.status == HttpStatus.SC_UNAUTHORIZED ->
                Optional.of(failed(" refuses its user and password (" + refused.status + ")"));
            case RefusedException refused ->
                Optional.of(failed(" did not connect to " + uri.getHost() + ": it answered " + refused.status));
            default -> Optional.empty();
        };
    }

    private static EgressException failed(String words) {
        return new EgressException(
                EgressException.Kind.NOT_CONNECTED, "the proxy of " + Setting.EGRESS_PROXY.variable() + words);
    }

    private boolean isOf(@Nullable NamedEndpoint endpoint) {
        return endpoint != null
                && endpoint.getPort() == port
                && endpoint.getHostName().equalsIgnoreCase(host);
    }
}
