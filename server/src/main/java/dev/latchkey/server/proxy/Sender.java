package dev.latchkey.server.proxy;

import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.Incoming;
import dev.latchkey.server.egress.Limits;
import dev.latchkey.server.egress.Outgoing;
import dev.latchkey.server.egress.Outgoing.Payload;
import dev.latchkey.server.proxy.ProxyOutcome.Reason;
import dev.latchkey.server.tokens.ApiAccess;
import dev.latchkey.server.tokens.RequestSigner;
import dev.latchkey.server.tokens.RequestSigners;
import dev.latchkey.server.tokens.ValuesOf;
import dev.latchkey.server.tokens.VendorAddress;
import java.io.IOException;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Sends a call once, with the credential, and follows the provider's redirects. Thread-safe. */
final class Sender {
    private static final int MOST_REDIRECTS = 5;

    private final Egress egress;
    private final VendorAddress addresses;
    private final RequestSigners signers;
    private final Destinations destinations;

    Sender(Egress egress, VendorAddress addresses, RequestSigners signers, Destinations destinations) {
        this.egress = egress;
        this.addresses = addresses;
        this.signers = signers;
        this.destinations = destinations;
    }

    sealed interface Sent {
        record Response(Incoming incoming) implements Sent {}

        record Refused(ProxyOutcome.Refused refused) implements Sent {}

        /** There was no response. */
        record Failed(EgressException.Kind kind, String message) implements Sent {}
    }

    /** One request of the call: the first, or one after a redirect. */
    private record Hop(String method, URI uri, boolean trusted, boolean withBody) {}

    Sent send(ProxyCall call, Connection connection) {
        try {
            ValuesOf values = new ValuesOf(
                    call.integration(),
                    connection.config(),
                    connection.secrets(),
                    Optional.of(connection.credentials()));
            ApiAccess access = ApiAccess.of(call.provider(), values, signers);
            Optional<String> base = call.provider()
                    .nango()
                    .base(call.endpoint())
                    .flatMap(shared -> shared.expand(values))
                    .or(access::base);
            var destination = destinations.of(call, base, access.query());
            if (!destination.mayCarryCredentials()) {
                return refused(
                        Reason.FORBIDDEN_HOST,
                        "The credential of " + call.provider().name() + " may not be sent to "
                                + destination.uri().getHost()
                                + ": it is not one of the provider's hosts. The operator can allow it with LATCHKEY_PROXY_HOSTS.");
            }
            return follow(
                    call,
                    access,
                    new Hop(call.method(), destination.uri(), true, !call.body().isEmpty()));
        } catch (EgressException e) {
            return e.kind() == EgressException.Kind.FORBIDDEN
                    ? refused(Reason.FORBIDDEN_HOST, sentence(e))
                    : new Sent.Failed(e.kind(), sentence(e));
        } catch (IllegalArgumentException e) {
            return refused(Reason.INVALID_REQUEST, sentence(e));
        } catch (IOException e) {
            // Reading the provider's response fails in egress; here it is the caller's body.
            return refused(Reason.CANCELLED, "The request's body is incomplete.");
        }
    }

    private Sent follow(ProxyCall call, ApiAccess access, Hop first) throws IOException {
        Hop hop = first;
        URI called = addresses.of(call.integration(), first.uri());
        boolean again = false;
        for (int redirects = 0; ; redirects++) {
            Incoming response = egress.open(request(call, access, hop, called), Limits.STREAM, call.cancellation());
            if (hop.trusted()
                    && access.signer().isAskedAgain(hop.uri(), response.status(), response::joined)
                    && !again
                    && (!hop.withBody() || call.body().canRepeat())) {
                again = true;
                response.discard();
                redirects--;
                continue;
            }
            Optional<String> location = isRedirect(response.status()) ? response.header("location") : Optional.empty();
            if (location.isEmpty()) {
                return new Sent.Response(response);
            }
            response.discard();
            URI next = target(called, location.get());
            if (redirects == MOST_REDIRECTS) {
                return refused(Reason.REDIRECT, "The provider redirects more than " + MOST_REDIRECTS + " times.");
            }
            hop = next(call, access, response.status(), hop, called, next);
            if (hop.withBody() && !call.body().canRepeat()) {
                return refused(
                        Reason.REDIRECT,
                        "The provider redirects to another URL, and the body is too long to be sent again.");
            }
            if (hop.withBody() && !hop.trusted() && !access.body().isEmpty()) {
                return refused(
                        Reason.REDIRECT,
                        "The provider redirects to another host, and the body carries the credential.");
            }
            called = next;
        }
    }

    private static boolean isRedirect(int status) {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }

    private static URI target(URI from, String location) {
        try {
            URI next = from.resolve(location);
            if (next.getHost() == null) {
                throw new IllegalArgumentException("no host");
            }
            return next;
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("the provider redirects to an invalid URL");
        }
    }

    /** RFC 9110 section 15.4: 303, and by long custom 301 and 302 of a POST, are followed by a GET. */
    private Hop next(ProxyCall call, ApiAccess access, int status, Hop hop, URI from, URI to) {
        boolean get = status == 303 && !hop.method().equals("HEAD")
                || (status == 301 || status == 302) && hop.method().equals("POST");
        boolean trusted = hop.trusted()
                && (Destinations.sameOrigin(from, to) || destinations.isAllowed(call.provider(), access.base(), to));
        return new Hop(get ? "GET" : hop.method(), to, trusted, hop.withBody() && !get);
    }

    private Outgoing request(ProxyCall call, ApiAccess access, Hop hop, URI called) throws IOException {
        Map<String, String> headers = hop.trusted()
                ? CallHeaders.merged(access.headers(), call.headers())
                : CallHeaders.forStrangers(call.headers(), call.options().forwardHeadersOnRedirect());
        if (call.options().decompress()) {
            headers.putIfAbsent("accept-encoding", "gzip, deflate");
        }
        if (!hop.withBody()) {
            headers.remove("content-type");
            headers.remove("content-encoding");
        }
        boolean proven = hop.withBody() && hop.trusted() && !access.body().isEmpty();
        boolean signed = hop.withBody() && hop.trusted() && access.signer().readsBody(hop.method(), headers);
        if (signed && !proven) {
            // Kept from now on, unless it is too long: then the signer decides whether it can do without.
            call.body().whole();
        }
        Payload payload = !hop.withBody()
                ? new Payload.None()
                : proven
                        ? new Payload.Bytes(BodyProof.added(call.body(), headers, access.body()))
                        : call.body().payload();
        if (!hop.trusted()) {
            return new Outgoing(hop.method(), called, headers, payload, Optional.empty());
        }
        headers.putAll(signature(access.signer(), hop, headers, payload));
        return new Outgoing(hop.method(), called, headers, payload, access.certificate());
    }

    private static Map<String, String> signature(
            RequestSigner signer, Hop hop, Map<String, String> headers, Payload payload) {
        if (signer == RequestSigner.NONE) {
            return Map.of();
        }
        Optional<byte[]> bytes = switch (payload) {
            case Payload.None _ -> Optional.of(new byte[0]);
            case Payload.Bytes held -> Optional.of(held.bytes());
            case Payload.Stream stream -> Optional.empty();
        };
        return signer.sign(new RequestSigner.Finished(hop.method(), hop.uri(), new HashMap<>(headers), bytes));
    }

    private static Sent refused(Reason reason, String message) {
        return new Sent.Refused(ProxyOutcome.refused(reason, message));
    }

    /** Messages from below are phrases within a sentence. */
    private static String sentence(RuntimeException e) {
        String words = String.valueOf(e.getMessage());
        return Character.toUpperCase(words.charAt(0)) + words.substring(1) + (words.endsWith(".") ? "" : ".");
    }
}
