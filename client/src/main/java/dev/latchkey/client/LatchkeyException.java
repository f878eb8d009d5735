package dev.latchkey.client;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * What can go wrong, with one type for each reaction of a caller. No message contains a credential.
 *
 * <pre>{@code
 * try {
 *     String token = latchkey.getToken("github", "user-42");
 * } catch (LatchkeyException.Reauthorize e) {
 *     URI page = latchkey.getAuthUrl("github", "user-42");
 * }
 * }</pre>
 */
public abstract sealed class LatchkeyException extends RuntimeException
        permits LatchkeyException.Answered,
                LatchkeyException.Unreachable,
                LatchkeyException.CredentialRefused,
                LatchkeyException.InvalidWebhook,
                NotConfiguredException {
    LatchkeyException(String message) {
        super(message);
    }

    private LatchkeyException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The server returned an error. */
    public abstract static sealed class Answered extends LatchkeyException {
        private final int status;
        private final String code;

        private Answered(int status, String code, String message) {
            super(message);
            this.status = status;
            this.code = code;
        }

        /**
         * The HTTP status, 400 to 599.
         *
         * <pre>{@code
         * try {
         *     latchkey.ping();
         * } catch (LatchkeyException.Answered e) {
         *     System.err.println(e.status() + " " + e.code());
         * }
         * }</pre>
         */
        public int status() {
            return status;
        }

        /**
         * The server's own code, such as {@code unknown_provider_config}; empty text if the response had none.
         *
         * <pre>{@code
         * try {
         *     latchkey.ping();
         * } catch (LatchkeyException.Answered e) {
         *     System.err.println(e.code());
         * }
         * }</pre>
         */
        public String code() {
            return code;
        }
    }

    /** 401: the secret key is missing, malformed or unknown. */
    public static final class Unauthorized extends Answered {
        Unauthorized(int status, String code, String message) {
            super(status, code, message);
        }
    }

    /** 403: the key lacks a scope, which the message names. */
    public static final class Forbidden extends Answered {
        Forbidden(int status, String code, String message) {
            super(status, code, message);
        }
    }

    /** There is no such integration, provider, connection or address. */
    public static final class NotFound extends Answered {
        NotFound(int status, String code, String message) {
            super(status, code, message);
        }
    }

    /** The credential could not be refreshed: the user has to authorize again, or the server is backing off (status 424). */
    public static final class Reauthorize extends Answered {
        Reauthorize(int status, String code, String message) {
            super(status, code, message);
        }
    }

    /** 429, after the client's own retries. */
    public static final class RateLimited extends Answered {
        @SuppressWarnings("serial")
        private final Optional<Duration> retryAfter;

        RateLimited(int status, String code, String message, Optional<Duration> retryAfter) {
            super(status, code, message);
            this.retryAfter = retryAfter;
        }

        /**
         * How long the server asks to wait; empty if it did not say.
         *
         * <pre>{@code
         * try {
         *     latchkey.ping();
         * } catch (LatchkeyException.RateLimited e) {
         *     System.err.println("once more in " + e.retryAfter().orElse(Duration.ofMinutes(1)));
         * }
         * }</pre>
         */
        public Optional<Duration> retryAfter() {
            return retryAfter;
        }
    }

    /** Any other 4xx: the request was refused and must be changed. */
    public static final class Refused extends Answered {
        @SuppressWarnings("serial")
        private final List<Detail> details;

        Refused(int status, String code, String message, List<Detail> details) {
            super(status, code, message);
            this.details = details;
        }

        /**
         * What is wrong with which field; empty unless the server validated.
         *
         * <pre>{@code
         * try {
         *     latchkey.integrations().create(NewIntegration.of("billing", "no-such-provider"));
         * } catch (LatchkeyException.Refused e) {
         *     e.details().forEach(detail -> System.err.println(detail.path() + ": " + detail.message()));
         * }
         * }</pre>
         */
        public List<Detail> details() {
            return details;
        }
    }

    /** 5xx, after the client's own retries. */
    public static final class ServerFailed extends Answered {
        ServerFailed(int status, String code, String message) {
            super(status, code, message);
        }
    }

    /** No response: refused connection, timeout, truncated response. A write may or may not have taken effect. */
    public static final class Unreachable extends LatchkeyException {
        Unreachable(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** The vendor, or the database, refused a credential that the client itself checked. */
    public static final class CredentialRefused extends LatchkeyException {
        CredentialRefused(String message) {
            super(message);
        }
    }

    /** A webhook without a valid signature: respond with 401 and do nothing. */
    public static final class InvalidWebhook extends LatchkeyException {
        InvalidWebhook(String message) {
            super(message);
        }
    }

    /** @param path the field, from the outside in */
    public record Detail(String code, String message, List<String> path) {}
}
