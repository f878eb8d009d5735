package dev.latchkey.server.egress;

import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.telemetry.Span;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PushbackInputStream;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import java.util.zip.GZIPInputStream;
import javax.net.ssl.TrustManager;
import org.apache.hc.client5.http.classic.methods.HttpUriRequestBase;
import org.apache.hc.client5.http.protocol.HttpClientContext;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.ContentType;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.io.entity.ByteArrayEntity;
import org.apache.hc.core5.http.io.entity.EntityTemplate;
import org.apache.hc.core5.util.TimeValue;
import org.jspecify.annotations.Nullable;

/**
 * The only egress for HTTP. Each request's address is checked, names are resolved once and the connection goes to the checked
 * address; redirects are not followed, cookies not kept, proxies of the environment not used; time and size are bounded.
 * Thread-safe.
 */
public final class Egress implements AutoCloseable {
    private static final int USUAL_BYTES = 1024 * 1024;
    /** How many larger responses are read at a time: memory has no room for many. */
    private static final int LARGE_AT_ONCE = 8;

    private static final int COPY_BYTES = 32 * 1024;
    private static final int READ_BYTES = 8 * 1024;
    private static final Set<String> IDEMPOTENT = Set.of("GET", "HEAD", "PUT", "DELETE", "OPTIONS");

    /** @param certificate shown to a server that requests one */
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
    public record Response(int status, Map<String, String> headers, byte[] body) {
        public String text() {
            return new String(body, java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    private final AddressGuard guard;
    private final EgressObserver observer;
    private final Limits limits;
    private final Connections connections;
    private final Semaphore large = new Semaphore(LARGE_AT_ONCE);
    private final Deadlines deadlines = new Deadlines();
    private final boolean continuesTraces;

    public Egress(AddressGuard guard, EgressObserver observer) {
        this(guard, (TrustManager @Nullable []) null, observer);
    }

    public Egress(AddressGuard guard, Authorities authorities, EgressObserver observer) {
        this(guard, authorities, observer, false);
    }

    /** @param continuesTraces whether requests carry {@code traceparent} */
    public Egress(AddressGuard guard, Authorities authorities, EgressObserver observer, boolean continuesTraces) {
        this(
                guard,
                observer,
                new Connections(guard, authorities.managers(), TimeValue.ofSeconds(1)),
                Limits.CALL,
                continuesTraces);
    }

    /**
     * Egress with its own connections, for calls that must not fail for lack of one or because of a stale one: a request that consumes
     * a refresh token cannot be repeated once sent.
     */
    public static Egress forTokens(
            AddressGuard guard, Authorities authorities, EgressObserver observer, boolean continuesTraces) {
        return new Egress(
                guard,
                observer,
                new Connections(guard, authorities.managers(), TimeValue.ZERO_MILLISECONDS),
                Limits.TOKENS,
                continuesTraces);
    }

    /** @param trust whom to trust in TLS instead of the JDK's roots: for tests */
    Egress(AddressGuard guard, TrustManager @Nullable [] trust) {
        this(guard, trust, EgressObserver.NONE);
    }

    private Egress(AddressGuard guard, TrustManager @Nullable [] trust, EgressObserver observer) {
        this(guard, observer, new Connections(guard, trust, TimeValue.ofSeconds(1)), Limits.CALL, false);
    }

    private Egress(
            AddressGuard guard,
            EgressObserver observer,
            Connections connections,
            Limits limits,
            boolean continuesTraces) {
        this.guard = guard;
        this.observer = observer;
        this.connections = connections;
        this.limits = limits;
        this.continuesTraces = continuesTraces;
    }

    /**
     * Sends and reads the whole response, up to 1 MiB, within a minute (75 seconds and 4 MiB for token endpoints).
     *
     * @throws EgressException when there is no response, or the request is not allowed
     */
    public Response send(Request request) {
        return send(request, limits);
    }

    /** As {@link #send(Request)}, with limits of its own. */
    public Response send(Request request, Limits limits) {
        return send(request, limits, response -> false);
    }

    /**
     * As {@link #send(Request)}. A body that is cut off before its framing says that it ends (a connection that is lost, a length that
     * is too great, compression without its end) is the response if nothing can be missing from it: its content may exist nowhere else.
     *
     * @param whole whether nothing can be missing from it
     */
    public Response send(Request request, Predicate<Response> whole) {
        return send(request, limits, whole);
    }

    private Response send(Request request, Limits limits, Predicate<Response> whole) {
        long start = System.nanoTime();
        try {
            Response response = RequestSpan.around(
                    request.method(), request.uri(), span -> call(request, limits, whole, span), Response::status);
            observer.responded(request, response, Duration.ofNanos(System.nanoTime() - start));
            return response;
        } catch (EgressException e) {
            observer.failed(request, e, Duration.ofNanos(System.nanoTime() - start));
            throw e;
        }
    }

    private Response call(Request request, Limits limits, Predicate<Response> whole, Span span) {
        Map<String, String> headers = new HashMap<>(request.headers());
        Outgoing.Payload payload = new Outgoing.Payload.None();
        if (request.content().isPresent()) {
            headers.keySet().removeIf(name -> name.equals("Content-Type"));
            headers.putIfAbsent("content-type", request.content().get().type());
            payload = new Outgoing.Payload.Bytes(request.content().get().bytes());
        }
        Cancellation cancellation = new Cancellation();
        try (var deadline = deadlines.within(limits.whole(), cancellation);
                Incoming incoming = opened(
                        new Outgoing(request.method(), request.uri(), headers, payload, request.certificate()),
                        limits,
                        cancellation,
                        span)) {
            return read(incoming, limits.bytes(), whole);
        } catch (TooLargeException e) {
            throw new EgressException(
                    EgressException.Kind.TOO_LARGE,
                    request.uri().getHost() + " answered more than " + limits.bytes() / (1024 * 1024) + " MiB");
        } catch (IOException e) {
            throw failure(e, request.uri(), request.certificate().isPresent(), cancellation);
        }
    }

    /**
     * Sends, and returns once the head of the response has arrived. A connection that the server closed while it lay idle is replaced
     * where that is safe.
     *
     * @throws EgressException when there is no response, or the request is not allowed
     */
    public Incoming open(Outgoing request, Limits limits, Cancellation cancellation) {
        return RequestSpan.around(
                request.method(), request.uri(), span -> opened(request, limits, cancellation, span), Incoming::status);
    }

    private Incoming opened(Outgoing request, Limits limits, Cancellation cancellation, Span span) {
        guard.check(request.uri());
        if (guard.proxyOf(request.uri().getHost()).isPresent()) {
            guard.reach(request.uri());
        }
        try {
            try {
                return attempt(request, limits, cancellation, span);
            } catch (NoHttpResponseException e) {
                boolean again = IDEMPOTENT.contains(request.method())
                        && !(request.payload() instanceof Outgoing.Payload.Stream)
                        && !cancellation.isCancelled();
                if (!again) {
                    throw e;
                }
                return attempt(request, limits, cancellation, span);
            }
        } catch (IOException e) {
            throw failure(e, request.uri(), request.certificate().isPresent(), cancellation);
        }
    }

    /** Reports how many connections there are. */
    public void measure(Metrics metrics) {
        metrics.gauge(
                "latchkey.egress.connections",
                "Open connections to vendors",
                List.of("state", "leased"),
                connections,
                Connections::leased);
        metrics.gauge(
                "latchkey.egress.connections",
                "Open connections to vendors",
                List.of("state", "idle"),
                connections,
                Connections::idle);
    }

    private Incoming attempt(Outgoing request, Limits limits, Cancellation cancellation, Span span) throws IOException {
        HttpUriRequestBase message = new HttpUriRequestBase(request.method(), request.uri());
        if (continuesTraces) {
            span.context().forEach(message::setHeader);
        }
        // The caller's own take precedence.
        request.headers().forEach(message::setHeader);
        switch (request.payload()) {
            case Outgoing.Payload.None _ -> {}
            case Outgoing.Payload.Bytes bytes ->
                message.setEntity(new ByteArrayEntity(bytes.bytes(), (ContentType) null));
            case Outgoing.Payload.Stream stream ->
                message.setEntity(new EntityTemplate(stream.length(), null, null, out -> copy(stream.stream(), out)));
        }
        message.setConfig(limits.config());
        HttpClientContext context = HttpClientContext.create();
        cancellation.onCancel(message::cancel);
        ClassicHttpResponse response = connections.execute(message, context, request.certificate());
        if (guard.proxyOf(request.uri().getHost()).isPresent()) {
            ForwardProxy.requireOfVendor(request.uri(), response, context);
        }
        return new Incoming(response, context.getSSLSession());
    }

    private EgressException failure(IOException e, URI uri, boolean certified, Cancellation cancellation) {
        return guard.proxyOf(uri.getHost())
                .filter(proxy -> !cancellation.isCancelled())
                .flatMap(proxy -> proxy.failure(e, uri))
                .orElseGet(() -> Failures.of(e, uri, certified, cancellation));
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[COPY_BYTES];
        for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
            to.write(buffer, 0, count);
            if (from.available() == 0) {
                // A body that arrives in small pieces is sent on in small pieces.
                to.flush();
            }
        }
    }

    /** @param whole whether a body that was cut off is complete nevertheless */
    private Response read(Incoming incoming, int most, Predicate<Response> whole) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        boolean isLarge = false;
        try {
            InputStream stream = decoded(incoming);
            byte[] buffer = new byte[READ_BYTES];
            for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
                body.write(buffer, 0, count);
                if (body.size() > USUAL_BYTES && !isLarge) {
                    isLarge = body.size() <= most && large.tryAcquire();
                }
                if (body.size() > (isLarge ? most : USUAL_BYTES)) {
                    throw new TooLargeException();
                }
            }
        } catch (TooLargeException e) {
            throw e;
        } catch (IOException e) {
            Response received = new Response(incoming.status(), incoming.allHeaders(), body.toByteArray());
            if (body.size() == 0 || !whole.test(received)) {
                throw e;
            }
            return received;
        } finally {
            if (isLarge) {
                large.release();
            }
        }
        return new Response(incoming.status(), incoming.allHeaders(), body.toByteArray());
    }

    private static InputStream decoded(Incoming incoming) throws IOException {
        // By its first bytes (RFC 1952 section 2.3.1), with which no text begins: some declare it without compressing,
        // others compress without declaring it.
        PushbackInputStream raw = new PushbackInputStream(incoming.body(), 2);
        byte[] first = raw.readNBytes(2);
        raw.unread(first);
        boolean compressed = first.length == 2 && first[0] == 0x1f && first[1] == (byte) 0x8b;
        return compressed ? new GZIPInputStream(raw) : raw;
    }

    private static final class TooLargeException extends IOException {
        private static final long serialVersionUID = 1;
    }

    @Override
    public void close() {
        deadlines.close();
        connections.close();
    }
}
