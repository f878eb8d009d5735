package dev.latchkey.server.egress;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Requests of whose response only the beginning matters, however much there is; not for what carries a credential. Thread-safe. */
public final class Glances implements AutoCloseable {
    private final Egress egress;
    private final Limits limits;
    private final int most;
    private final Deadlines deadlines = new Deadlines();

    /** @param most bytes that are read of a body */
    public Glances(Egress egress, Limits limits, int most) {
        this.egress = egress;
        this.limits = limits;
        this.most = most;
    }

    /**
     * @param headers by name in lower case; of several lines the last
     * @param start of the body, as UTF-8
     * @param certificate the server's, with TLS
     */
    public record Glance(
            int status, Map<String, String> headers, String start, Optional<X509Certificate> certificate) {}

    /** @throws EgressException when there is no response, or the request is not allowed */
    public Glance at(Egress.Request request) {
        Cancellation cancellation = new Cancellation();
        Outgoing.Payload payload = request.content()
                .<Outgoing.Payload>map(content -> new Outgoing.Payload.Bytes(content.bytes()))
                .orElseGet(Outgoing.Payload.None::new);
        Map<String, String> sent = new LinkedHashMap<>(request.headers());
        request.content().ifPresent(content -> sent.put("content-type", content.type()));
        try (var deadline = deadlines.within(limits.whole(), cancellation);
                Incoming incoming = egress.open(
                        new Outgoing(request.method(), request.uri(), sent, payload, Optional.empty()),
                        limits,
                        cancellation)) {
            Map<String, String> headers = new LinkedHashMap<>();
            incoming.headers((name, value) -> headers.put(name.toLowerCase(Locale.ROOT), value));
            return new Glance(incoming.status(), headers, start(incoming), incoming.certificate());
        }
    }

    /** What arrived before a body broke off is its beginning, too. */
    private String start(Incoming incoming) {
        byte[] start = new byte[most];
        int length = 0;
        try {
            for (int count = 0; count >= 0 && length < most; length += Math.max(count, 0)) {
                count = incoming.body().read(start, length, most - length);
            }
        } catch (IOException e) {
            // The head says enough.
        }
        return new String(start, 0, length, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        deadlines.close();
    }
}
