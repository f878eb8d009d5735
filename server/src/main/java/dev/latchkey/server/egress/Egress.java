package dev.latchkey.server.egress;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.config.RequestConfig;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;

/**
 * The one way out for calls to vendors. Names are resolved once, checked, and the connection goes to the checked address; redirects
 * are not followed; answers are bounded. Thread-safe.
 */
public final class Egress implements AutoCloseable {
    private static final int MAX_ANSWER_BYTES = 1024 * 1024;

    /** Resolves a host name. */
    @FunctionalInterface
    public interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    /** @param certificate shown to the server where it asks for one */
    public record Request(
            String method,
            URI uri,
            Map<String, String> headers,
            Optional<Content> content,
            Optional<ClientCertificate> certificate) {
        public Request(String method, URI uri, Map<String, String> headers, Optional<Content> content) {
            this(method, uri, headers, content, Optional.empty());
        }

        /** Without headers and body: they carry secrets. */
        @Override
        public String toString() {
            return method + " " + uri.getHost();
        }
    }

    public record Content(String type, byte[] bytes) {}

    /** @param headers by name in lower case */
    public record Answer(int status, Map<String, String> headers, byte[] body) {
        public String text() {
            return new String(body, java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private final Set<String> allowed;
    private final Set<String> allowedHosts = new HashSet<>();
    private final CloseableHttpClient client;

    /** @param allowed {@code host} or {@code host:port} that may be called although it is not public */
    public Egress(List<String> allowed, Resolver resolver) {
        this.allowed = new HashSet<>(
                allowed.stream().map(host -> host.toLowerCase(Locale.ROOT)).toList());
        this.allowed.forEach(host -> allowedHosts.add(host.replaceFirst(":\\d+$", "")));
        DnsResolver guarded = new DnsResolver() {
            @Override
            public InetAddress[] resolve(String host) throws UnknownHostException {
                return checked(host, resolver.resolve(host));
            }

            @Override
            public String resolveCanonicalHostname(String host) {
                return host;
            }
        };
        var connections = PoolingHttpClientConnectionManagerBuilder.create()
                .setDnsResolver(guarded)
                .setMaxConnTotal(1_000)
                .setMaxConnPerRoute(200)
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(5, TimeUnit.SECONDS)
                        .setSocketTimeout(30, TimeUnit.SECONDS)
                        .setValidateAfterInactivity(2, TimeUnit.SECONDS)
                        .build())
                .build();
        client = HttpClients.custom()
                .setConnectionManager(connections)
                .setDefaultRequestConfig(RequestConfig.custom()
                        .setConnectionRequestTimeout(10, TimeUnit.SECONDS)
                        .setResponseTimeout(30, TimeUnit.SECONDS)
                        .build())
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .setUserAgent("Latchkey")
                .build();
    }

    /** @throws EgressException when there is no answer, or it may not be asked for */
    public Answer send(Request request) {
        guard(request.uri());
        HttpUriRequestBase message = new HttpUriRequestBase(request.method(), request.uri());
        request.headers().forEach(message::setHeader);
        request.content()
                .ifPresent(content ->
                        message.setEntity(new ByteArrayEntity(content.bytes(), ContentType.parse(content.type()))));
        try {
            return client.execute(message, Egress::read);
        } catch (ForbiddenHostException e) {
            throw new EgressException(
                    EgressException.Kind.FORBIDDEN,
                    "the host " + request.uri().getHost()
                            + " is not on the public internet; the operator can allow it with LATCHKEY_EGRESS_ALLOW");
        } catch (InterruptedIOException e) {
            throw new EgressException(
                    EgressException.Kind.TIMEOUT, request.uri().getHost() + " did not answer in time");
        } catch (TooLargeException e) {
            throw new EgressException(
                    EgressException.Kind.TOO_LARGE, request.uri().getHost() + " answered more than 1 MiB");
        } catch (IOException e) {
            throw new EgressException(
                    EgressException.Kind.UNREACHABLE, request.uri().getHost() + " cannot be reached");
        }
    }

    private void guard(URI uri) {
        String host = Optional.ofNullable(uri.getHost()).orElse("").toLowerCase(Locale.ROOT);
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        boolean listed = allowed.contains(host) || allowed.contains(host + ":" + port);
        boolean web = "https".equals(uri.getScheme()) || listed && "http".equals(uri.getScheme());
        if (host.isEmpty() || uri.getRawUserInfo() != null || !web || allowedHosts.contains(host) && !listed) {
            throw new EgressException(
                    EgressException.Kind.FORBIDDEN,
                    "the address on " + (host.isEmpty() ? "no host" : host)
                            + " may not be called; it must be https, or listed in LATCHKEY_EGRESS_ALLOW");
        }
    }

    private InetAddress[] checked(String host, InetAddress[] addresses) throws UnknownHostException {
        if (!allowedHosts.contains(host.toLowerCase(Locale.ROOT))) {
            for (InetAddress address : addresses) {
                if (!Addresses.isPublic(address)) {
                    throw new ForbiddenHostException();
                }
            }
        }
        return addresses;
    }

    private static Answer read(ClassicHttpResponse response) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        for (Header header : response.getHeaders()) {
            headers.put(header.getName().toLowerCase(Locale.ROOT), header.getValue());
        }
        HttpEntity entity = response.getEntity();
        if (entity == null) {
            return new Answer(response.getCode(), headers, new byte[0]);
        }
        try (InputStream stream = entity.getContent()) {
            byte[] body = stream.readNBytes(MAX_ANSWER_BYTES + 1);
            if (body.length > MAX_ANSWER_BYTES) {
                throw new TooLargeException();
            }
            return new Answer(response.getCode(), headers, body);
        }
    }

    private static final class ForbiddenHostException extends UnknownHostException {
        private static final long serialVersionUID = 1;
    }

    private static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1;
    }

    @Override
    public void close() throws IOException {
        client.close();
    }
}
