package dev.latchkey.server.tokens;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * The last step of a request to a vendor's API: the headers that depend on all the rest of it. Made for one request by
 * {@link RequestSigners}; holds the connection's secrets, so it is not kept.
 */
public interface RequestSigner {
    /** For the vendors that ask for none. */
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
     * A request that lacks nothing but its signature.
     *
     * @param uri as it goes out: the vendor's own, with its query
     * @param headers names in lower case; {@code host} is not among them, since it follows from the URI
     * @param body no bytes where it has none; empty where it is longer than what is held in memory
     */
    record Finished(String method, URI uri, Map<String, String> headers, Optional<byte[]> body) {
        /** Without query, headers and body: they carry secrets. */
        @Override
        public String toString() {
            return method + " " + uri.getHost();
        }
    }

    /**
     * Whether a refusal asks for the same request once more, signed with what it brought.
     *
     * @param uri as it went out
     * @param header of the answer, by name in lower case
     */
    default boolean isAskedAgain(URI uri, int status, Function<String, Optional<String>> header) {
        return false;
    }

    /** Whether {@link #sign} looks at the body of such a request; then as much as is allowed of it is held in memory first. */
    boolean readsBody(String method, Map<String, String> headers);

    /**
     * The headers to add or to replace, names in lower case.
     *
     * @throws IllegalArgumentException when it cannot be signed, in words that hold no secret: a key is missing, or the body is
     *     too long to be held and the scheme knows no signature without it
     */
    Map<String, String> sign(Finished request);
}
