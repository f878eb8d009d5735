package dev.latchkey.server.drift;

import java.time.Instant;
import java.util.Optional;

/**
 * What was seen at one endpoint of a provider.
 *
 * @param what the endpoint's name: authorize, token, refresh, api, metadata ...
 * @param address as the definition writes it
 */
public record Result(String provider, String what, String address, Verdict verdict, Trace trace) {
    /**
     * What the next check compares with.
     *
     * @param redirect the host that it redirects to
     * @param authority who issued its certificate @param end of the certificate
     */
    public record Trace(Optional<String> redirect, Optional<String> authority, Optional<Instant> end) {
        static final Trace NONE = new Trace(Optional.empty(), Optional.empty(), Optional.empty());
    }
}
