package dev.latchkey.server.egress;

import java.io.InputStream;
import java.net.URI;
import java.util.Map;
import java.util.Optional;

/**
 * A request whose response is read as it arrives.
 *
 * @param headers without those that belong to the connection: host, length and coding of the body
 * @param certificate shown to a server that requests one
 */
public record Outgoing(
        String method, URI uri, Map<String, String> headers, Payload payload, Optional<ClientCertificate> certificate) {

    /** The request's body. */
    public sealed interface Payload {
        record None() implements Payload {}

        record Bytes(byte[] bytes) implements Payload {}

        /** Sent as it is read. @param length in bytes; -1 where it is not known */
        record Stream(InputStream stream, long length) implements Payload {}
    }

    /** Without query, headers and body: they carry secrets. */
    @Override
    public String toString() {
        return method + " " + uri.getHost();
    }
}
