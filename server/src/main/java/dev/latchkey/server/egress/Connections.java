package dev.latchkey.server.egress;

import dev.latchkey.server.secrets.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.TrustManager;
import org.apache.hc.client5.http.DnsResolver;
import org.apache.hc.client5.http.SchemePortResolver;
import org.apache.hc.client5.http.auth.UsernamePasswordCredentials;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.config.ConnectionConfig;
import org.apache.hc.client5.http.impl.DefaultSchemePortResolver;
import org.apache.hc.client5.http.impl.auth.BasicScheme;
import org.apache.hc.client5.http.impl.classic.CloseableHttpClient;
import org.apache.hc.client5.http.impl.classic.HttpClientBuilder;
import org.apache.hc.client5.http.impl.classic.HttpClients;
import org.apache.hc.client5.http.impl.io.DefaultHttpClientConnectionOperator;
import org.apache.hc.client5.http.impl.io.ManagedHttpClientConnectionFactory;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManager;
import org.apache.hc.client5.http.impl.io.PoolingHttpClientConnectionManagerBuilder;
import org.apache.hc.client5.http.impl.routing.DefaultRoutePlanner;
import org.apache.hc.client5.http.io.HttpClientConnectionOperator;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.client5.http.ssl.DefaultClientTlsStrategy;
import org.apache.hc.client5.http.ssl.TlsSocketStrategy;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.HttpHost;
import org.apache.hc.core5.http.config.Http1Config;
import org.apache.hc.core5.http.config.RegistryBuilder;
import org.apache.hc.core5.http.impl.io.MonitoringResponseOutOfOrderStrategy;
import org.apache.hc.core5.http.io.SocketConfig;
import org.apache.hc.core5.http.protocol.HttpContext;
import org.apache.hc.core5.pool.PoolConcurrencyPolicy;
import org.apache.hc.core5.util.TimeValue;
import org.jspecify.annotations.Nullable;

/**
 * The open connections. Each goes to an address that was checked when it was opened and stays with it; none lives longer than
 * five minutes, so that a changed name is resolved again. Connections that showed a client certificate are not shared.
 */
final class Connections implements AutoCloseable {
    private static final String CERTIFICATE = "latchkey.certificate";
    private static final int MAX_HEADERS = 200;
    private static final int MAX_HEADER_BYTES = 32 * 1024;
    /** How much of a request's body is sent between two checks for an early response. */
    private static final long EARLY_ANSWER_BYTES = 1024 * 1024;

    private final TrustManager @Nullable [] trust;
    private final TimeValue idle;
    private final DefaultClientTlsStrategy tls;
    private final PoolingHttpClientConnectionManager pool;
    private final CloseableHttpClient shared;
    private final CloseableHttpClient certified;
    private final Optional<HttpHost> proxy;
    private final Optional<Secret> credentials;

    /** @param idle a connection idle for longer is checked before reuse */
    Connections(AddressGuard guard, TrustManager @Nullable [] trust, TimeValue idle) {
        this.trust = trust;
        this.idle = idle;
        this.tls = new DefaultClientTlsStrategy(Tls.context(trust));
        this.pool = pool(guard);
        this.proxy = guard.proxy().map(it -> new HttpHost("http", it.host(), it.port()));
        this.credentials = guard.proxy().flatMap(ForwardProxy::credentials);
        this.shared = common(guard).setConnectionManager(pool).build();
        this.certified = common(guard)
                .setConnectionManager(pool(guard))
                .setConnectionReuseStrategy((request, response, context) -> false)
                .build();
    }

    ClassicHttpResponse execute(
            HttpUriRequestBase message, HttpClientContext context, Optional<ClientCertificate> certificate)
            throws IOException {
        proxy.ifPresent(it -> authenticate(it, context));
        if (certificate.isEmpty()) {
            return shared.executeOpen(null, message, context);
        }
        context.setAttribute(CERTIFICATE, certificate.get());
        return certified.executeOpen(null, message, context);
    }

    int leased() {
        return pool.getTotalStats().getLeased();
    }

    int idle() {
        return pool.getTotalStats().getAvailable();
    }

    /** With the first request, so that none is sent twice. */
    private void authenticate(HttpHost to, HttpClientContext context) {
        credentials.ifPresent(secret -> {
            String text = secret.reveal();
            int colon = text.indexOf(':');
            BasicScheme basic = new BasicScheme(StandardCharsets.UTF_8);
            basic.initPreemptive(new UsernamePasswordCredentials(
                    text.substring(0, colon), text.substring(colon + 1).toCharArray()));
            context.resetAuthExchange(to, basic);
        });
    }

    private HttpClientBuilder common(AddressGuard guard) {
        return HttpClients.custom()
                .setRoutePlanner(new DefaultRoutePlanner(DefaultSchemePortResolver.INSTANCE) {
                    @Override
                    protected @Nullable HttpHost determineProxy(HttpHost target, HttpContext context) {
                        return proxy.filter(it ->
                                        guard.proxyOf(target.getHostName()).isPresent())
                                .orElse(null);
                    }
                })
                .disableRedirectHandling()
                .disableAutomaticRetries()
                .disableCookieManagement()
                .disableAuthCaching()
                .disableContentCompression()
                .disableConnectionState()
                .setUserAgent("Latchkey");
    }

    private PoolingHttpClientConnectionManager pool(AddressGuard guard) {
        PoolingHttpClientConnectionManagerBuilder builder = new PoolingHttpClientConnectionManagerBuilder() {
            @Override
            protected HttpClientConnectionOperator createConnectionOperator(
                    SchemePortResolver ports, DnsResolver names, TlsSocketStrategy ignored) {
                return new DefaultHttpClientConnectionOperator(
                        // Otherwise the JDK's SOCKS settings would bypass the guard.
                        proxy -> new Socket(Proxy.NO_PROXY),
                        ports,
                        names,
                        RegistryBuilder.<TlsSocketStrategy>create()
                                .register("https", Connections.this::upgrade)
                                .build());
            }
        };
        return builder.setDnsResolver(guarded(guard))
                .setPoolConcurrencyPolicy(PoolConcurrencyPolicy.LAX)
                .setMaxConnTotal(2_000)
                .setMaxConnPerRoute(500)
                .setConnectionFactory(ManagedHttpClientConnectionFactory.builder()
                        .http1Config(Http1Config.custom()
                                .setBufferSize(16 * 1024)
                                .setMaxHeaderCount(MAX_HEADERS)
                                .setMaxLineLength(MAX_HEADER_BYTES)
                                .build())
                        .responseOutOfOrderStrategy(new MonitoringResponseOutOfOrderStrategy(EARLY_ANSWER_BYTES))
                        .build())
                .setDefaultSocketConfig(SocketConfig.custom()
                        .setTcpNoDelay(true)
                        .setSoKeepAlive(true)
                        .build())
                .setDefaultConnectionConfig(ConnectionConfig.custom()
                        .setConnectTimeout(5, TimeUnit.SECONDS)
                        .setSocketTimeout(30, TimeUnit.SECONDS)
                        .setValidateAfterInactivity(idle)
                        .setTimeToLive(5, TimeUnit.MINUTES)
                        .build())
                .build();
    }

    private javax.net.ssl.SSLSocket upgrade(
            Socket socket, String host, int port, @Nullable Object attachment, HttpContext context) throws IOException {
        TlsSocketStrategy strategy = context.getAttribute(CERTIFICATE) instanceof ClientCertificate certificate
                ? new DefaultClientTlsStrategy(Tls.context(certificate, trust))
                : tls;
        return strategy.upgrade(socket, host, port, attachment, context);
    }

    private static DnsResolver guarded(AddressGuard guard) {
        return new DnsResolver() {
            @Override
            public InetAddress[] resolve(String host) throws UnknownHostException {
                try {
                    return guard.resolve(host);
                } catch (EgressException e) {
                    throw new ForbiddenException(e);
                }
            }

            @Override
            public String resolveCanonicalHostname(String host) {
                return host;
            }
        };
    }

    /** The guard's answer, on its way through the client. */
    static final class ForbiddenException extends UnknownHostException {
        private static final long serialVersionUID = 1;
        private final EgressException reason;

        ForbiddenException(EgressException reason) {
            super("forbidden");
            this.reason = reason;
        }

        EgressException reason() {
            return reason;
        }
    }

    @Override
    public void close() {
        shared.close(org.apache.hc.core5.io.CloseMode.GRACEFUL);
        certified.close(org.apache.hc.core5.io.CloseMode.GRACEFUL);
    }
}
