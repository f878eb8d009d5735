package dev.latchkey.server.proxy;

import dev.latchkey.server.egress.Incoming;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** The outcome of a call through the proxy. */
public sealed interface ProxyOutcome {
    /** @param response the provider's, whatever its status; the receiver closes it */
    record Responded(Incoming response) implements ProxyOutcome {}

    /** Our own response. @param retryAfter when a retry may succeed */
    record Refused(Reason reason, String message, Optional<Duration> retryAfter, Optional<Instant> retryAt)
            implements ProxyOutcome {
        Refused(Reason reason, String message, Optional<Duration> retryAfter) {
            this(reason, message, retryAfter, Optional.empty());
        }
    }

    enum Reason {
        /** The request's address, headers or body cannot be sent. */
        INVALID_REQUEST,
        /** The credential may not go to that host. */
        FORBIDDEN_HOST,
        BODY_TOO_LARGE,
        /** The grant is gone: its user must authorize again. */
        INVALID_CREDENTIALS,
        /** As before, without an attempt just now. */
        STILL_INVALID_CREDENTIALS,
        /** The credential has expired and its refresh fails for a temporary reason. */
        REFRESH_FAILING,
        /** The credential has expired and cannot be refreshed until the integration is corrected. */
        INTEGRATION_MISCONFIGURED,
        /** The connection has been deleted. */
        DELETED,
        /** The provider's limit is used up. */
        RATE_LIMITED,
        UNREACHABLE,
        TIMEOUT,
        /** The provider redirects to a URL that the call cannot follow. */
        REDIRECT,
        /** The caller is gone: no response can be sent. */
        CANCELLED
    }

    static Refused refused(Reason reason, String message) {
        return new Refused(reason, message, Optional.empty());
    }
}
