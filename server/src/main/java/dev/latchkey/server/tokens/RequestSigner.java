package dev.latchkey.server.tokens;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The last step of a request to a vendor's API: the headers that depend on all the rest of it. Created for one request by {@link
 * RequestSigners}; contains the connection's secrets, so it is not kept.
 */
public interface RequestSigner {
    /** For vendors without signatures. */
    RequestSigner NONE = new RequestSigner() {
        @Override
        public boolean readsBody(String method, Map<String, String> headers) {
            return false;
        }

        @Override
        public Map<String, String> sign(Finished request) {
            return Map.of();
        }
    };

    /**
     * A request that lacks only its signature.
     *
     * @param uri as it is sent: the vendor's own, with its query
     * @param headers names in lower case; {@code host} is not among them, since it follows from the URI
     * @param body no bytes if it has none; empty if it is longer than the limit in memory
     */
    record Finished(String method, URI uri, Map<String, String> headers, Optional<byte[]> body) {
        /** Without query, headers and body: they carry secrets. */
        @Override
        public String toString() {
            return method + " " + uri.getHost();
        }
    }

    /**
     * Whether a refusal requires the same request again, signed with a value of the response.
     *
     * @param uri as it was sent
     * @param header of the response, by name in lower case
     */
    default boolean isAskedAgain(URI uri, int status, Function<String, Optional<String>> header) {
        return false;
    }

    /** Whether {@link #sign} reads the body of such a request; it is then kept in memory first, up to the limit. */
    boolean readsBody(String method, Map<String, String> headers);

    /**
     * The headers to add or to replace, names in lower case.
     *
     * @throws IllegalArgumentException when it cannot be signed, with a message without secrets: a key is missing, or the body is too
     *     long to be kept and the scheme has no signature without it
     */
    Map<String, String> sign(Finished request);
}
