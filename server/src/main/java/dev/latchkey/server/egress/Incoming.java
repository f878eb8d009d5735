package dev.latchkey.server.egress;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.apache.hc.core5.http.ClassicHttpResponse;
import org.apache.hc.core5.http.Header;
import org.apache.hc.core5.http.HttpEntity;
import org.jspecify.annotations.Nullable;

/**
 * A response whose body is read as it arrives. Close it, read or not: if it was read to its end, the connection is kept for the next
 * request, otherwise it is cut. For one thread.
 */
public final class Incoming implements AutoCloseable {
    private static final int WORTH_READING = 64 * 1024;

    private final ClassicHttpResponse response;
    private final @Nullable SSLSession session;
    private final InputStream body;
    private final long length;

    /** @param session absent without TLS */
    Incoming(ClassicHttpResponse response, @Nullable SSLSession session) throws IOException {
        this.response = response;
        this.session = session;
        HttpEntity entity = response.getEntity();
        this.body = entity == null ? InputStream.nullInputStream() : entity.getContent();
        this.length = entity == null ? 0 : entity.getContentLength();
    }

    private Incoming(ClassicHttpResponse response, @Nullable SSLSession session, InputStream body, long length) {
        this.response = response;
        this.session = session;
        this.body = body;
        this.length = length;
    }

    public int status() {
        return response.getCode();
    }

    public String reason() {
        return response.getReasonPhrase() == null ? "" : response.getReasonPhrase();
    }

    /** The server's, which was verified; empty without TLS. */
    public Optional<X509Certificate> certificate() {
        try {
            return session != null && session.getPeerCertificates()[0] instanceof X509Certificate certificate
                    ? Optional.of(certificate)
                    : Optional.empty();
        } catch (SSLPeerUnverifiedException e) {
            return Optional.empty();
        }
    }

    /** In the order received. */
    public void headers(BiConsumer<String, String> reader) {
        for (Header header : response.getHeaders()) {
            reader.accept(header.getName(), header.getValue() == null ? "" : header.getValue());
        }
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(response.getFirstHeader(name)).map(Header::getValue);
    }

    /** All lines of this name, as one (RFC 9110 section 5.3): a server may challenge in several. */
    public Optional<String> joined(String name) {
        return Optional.of(Arrays.stream(response.getHeaders(name))
                        .map(Header::getValue)
                        .collect(Collectors.joining(", ")))
                .filter(value -> !value.isEmpty());
    }

    /** Throws when the transfer breaks off before its end. */
    public InputStream body() {
        return body;
    }

    /** In bytes; -1 if unknown before the end. */
    public long length() {
        return length;
    }

    /**
     * The first bytes of the body, which stay in it for the next reader.
     *
     * @param most bytes
     */
    public Peeked peek(int most) throws IOException {
        byte[] start = body.readNBytes(most);
        InputStream whole = start.length < most
                ? new ByteArrayInputStream(start)
                : new java.io.SequenceInputStream(new ByteArrayInputStream(start), body);
        return new Peeked(start, new Incoming(response, session, whole, length));
    }

    public record Peeked(byte[] start, Incoming response) {}

    /** Before another request instead of this one: a short body is read, so that its connection can be reused. */
    public void discard() {
        try {
            if (body.readNBytes(WORTH_READING).length == WORTH_READING) {
                abort();
            }
        } catch (IOException e) {
            abort();
        }
        close();
    }

    /** Cuts the connection. */
    public void abort() {
        close();
    }

    @Override
    public void close() {
        try {
            response.close();
        } catch (IOException e) {
            // It is closed in any case.
            return;
        }
    }

    Map<String, String> allHeaders() {
        Map<String, String> headers = new TreeMap<>();
        // RFC 9110 section 5.3: repeated fields are one list, except cookies, which contain commas themselves.
        headers((name, value) -> headers.merge(
                name.toLowerCase(java.util.Locale.ROOT),
                value,
                (all, next) -> all + (name.equalsIgnoreCase("set-cookie") ? "\n" : ", ") + next));
        return headers;
    }
}
