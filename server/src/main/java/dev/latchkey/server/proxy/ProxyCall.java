package dev.latchkey.server.proxy;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.egress.Cancellation;
import dev.latchkey.server.integrations.Integration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A call that a product's backend makes to a provider through us.
 *
 * @param endpoint below the provider's base, or an absolute address; percent-encoded, without the query
 * @param query percent-encoded, empty for none
 * @param headers the caller's own for the provider, names in lower case
 * @param cancellation when the caller is gone
 */
public record ProxyCall(
        Provider provider,
        Integration integration,
        Connection connection,
        String method,
        String endpoint,
        String query,
        Map<String, String> headers,
        RequestBody body,
        Options options,
        Cancellation cancellation) {

    /**
     * @param retries how often a failed call is retried
     * @param retryOn statuses that count as failures, in addition to the definition's
     * @param base instead of the definition's
     * @param decompress whether the response's body is decoded here
     * @param forwardHeadersOnRedirect whether the caller's headers follow a redirect to another host
     */
    public record Options(
            int retries,
            Set<Integer> retryOn,
            Optional<String> base,
            boolean decompress,
            boolean forwardHeadersOnRedirect) {
        public static final Options NONE = new Options(0, Set.of(), Optional.empty(), false, false);
    }

    /** Without endpoint, query and headers: they may carry secrets. */
    @Override
    public String toString() {
        return method + " " + provider.id();
    }
}
