package dev.latchkey.client;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What can go wrong, with one type for each reaction of a caller. No message contains a credential. Types are added as the server
 * grows: a {@code switch} over them needs a {@code default}.
 *
 * <pre>{@code
 * try {
 *     String token = latchkey.getToken("github", "user-42");
 * } catch (LatchkeyException.Reauthorize e) {
 *     URI page = latchkey.getAuthUrl("github", "user-42");
 * }
 * }</pre>
 */
public abstract class LatchkeyException extends RuntimeException {
    private static final long serialVersionUID = 1;

    LatchkeyException(String message) {
        super(message);
    }

    LatchkeyException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** As a status and a code mean it. */
    static LatchkeyException of(Failure failure) {
        int status = failure.status();
        String code = failure.code();
        if (code.equals("connection_refresh_backoff")) {
            return new RefreshFailing(failure);
        }
        if (code.equals("invalid_credentials")) {
            // Nango's clients know this code alone: the reason says whether it is the user's turn.
            String reason = failure.payload().get("reason").text().orElse("rejected");
            return reason.equals("rejected") ? new Reauthorize(failure) : new RefreshFailing(failure);
        }
        if (status == 404 || code.equals("unknown_connection") || code.equals("unknown_provider_config")) {
            return new NotFound(failure);
        }
        return switch (status) {
            case 401 -> new Unauthorized(failure);
            case 403 -> new Forbidden(failure);
            case 423 -> new Paused(failure);
            case 424 -> new RefreshFailing(failure);
            case 429 -> new RateLimited(failure);
            default -> status >= 500 ? new ServerFailed(failure) : new Refused(failure);
        };
    }

    /** The server returned an error. */
    public abstract static class Answered extends LatchkeyException {
        private static final long serialVersionUID = 1;

        private final transient Failure failure;

        private Answered(Failure failure) {
            super(failure.toString());
            this.failure = failure;
        }

        /**
         * Everything that the server said.
         *
         * <pre>{@code
         * try {
         *     latchkey.ping();
         * } catch (LatchkeyException.Answered e) {
         *     System.err.println(e.failure().payload());
         * }
         * }</pre>
         */
        public Failure failure() {
            return failure;
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
            return failure.status();
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
            return failure.code();
        }

        /**
         * The server's id of the request, by which its operator finds it; also in the message.
         *
         * <pre>{@code
         * try {
         *     latchkey.ping();
         * } catch (LatchkeyException.Answered e) {
         *     System.err.println("request " + e.requestId().orElse("unknown"));
         * }
         * }</pre>
         */
        public Optional<String> requestId() {
            return failure.requestId();
        }
    }

    /** 401: the secret key is missing, malformed or unknown. */
    public static final class Unauthorized extends Answered {
        private static final long serialVersionUID = 1;

        public Unauthorized(Failure failure) {
            super(failure);
        }
    }

    /** 403: the key lacks a scope, which the message names. */
    public static final class Forbidden extends Answered {
        private static final long serialVersionUID = 1;

        public Forbidden(Failure failure) {
            super(failure);
        }
    }

    /** There is no such integration, provider, connection or address. */
    public static final class NotFound extends Answered {
        private static final long serialVersionUID = 1;

        public NotFound(Failure failure) {
            super(failure);
        }
    }

    /** 423: the connection, its integration, the environment or the key is paused; the message says by whom and why. */
    public static final class Paused extends Answered {
        private static final long serialVersionUID = 1;

        public Paused(Failure failure) {
            super(failure);
        }
    }

    /** The grant has ended: send the user to {@link Latchkey#getAuthUrl}. */
    public static final class Reauthorize extends Answered {
        private static final long serialVersionUID = 1;

        public Reauthorize(Failure failure) {
            super(failure);
        }
    }

    /**
     * 424: the credential cannot be refreshed now, for a reason that is not the user's: the provider fails, or refuses the app's client.
     * The server tries again by itself.
     */
    public static final class RefreshFailing extends Answered {
        private static final long serialVersionUID = 1;

        public RefreshFailing(Failure failure) {
            super(failure);
        }

        /**
         * {@code transient}, {@code misconfigured} (the operator must correct the integration) or {@code unreadable}.
         *
         * <pre>{@code
         * try {
         *     latchkey.getToken("github", "user-42");
         * } catch (LatchkeyException.RefreshFailing e) {
         *     System.err.println(e.reason() + " until " + e.retryAt());
         * }
         * }</pre>
         */
        public String reason() {
            return failure().payload().get("reason").text().orElse("transient");
        }

        /**
         * When the server tries again; empty if no time is set.
         *
         * <pre>{@code
         * try {
         *     latchkey.getToken("github", "user-42");
         * } catch (LatchkeyException.RefreshFailing e) {
         *     System.err.println(e.retryAt());
         * }
         * }</pre>
         */
        public Optional<Instant> retryAt() {
            return failure().retryAt();
        }
    }

    /** 429, after the client's own retries. */
    public static final class RateLimited extends Answered {
        private static final long serialVersionUID = 1;

        public RateLimited(Failure failure) {
            super(failure);
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
            return failure().retryAfter();
        }
    }

    /** Any other 4xx: the request was refused and must be changed. */
    public static final class Refused extends Answered {
        private static final long serialVersionUID = 1;

        public Refused(Failure failure) {
            super(failure);
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
        public List<Failure.Detail> details() {
            return failure().details();
        }
    }

    /** 5xx, after the client's own retries. */
    public static final class ServerFailed extends Answered {
        private static final long serialVersionUID = 1;

        public ServerFailed(Failure failure) {
            super(failure);
        }
    }

    /**
     * What answered is no Latchkey, or one that this client does not understand: a redirect (the message has its target), a login page,
     * a response without a member that it must have. Nothing is known of what was done.
     */
    public static final class Unexpected extends LatchkeyException {
        private static final long serialVersionUID = 1;

        public Unexpected(String message) {
            super(message);
        }
    }

    /** No response: refused connection, timeout, truncated response. A write may or may not have taken effect. */
    public static class Unreachable extends LatchkeyException {
        private static final long serialVersionUID = 1;

        public Unreachable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** No whole response in the time that the settings or the options allow. A write may or may not have taken effect. */
    public static final class TimedOut extends Unreachable {
        private static final long serialVersionUID = 1;

        public TimedOut(String message) {
            super(message, null);
        }
    }

    /** The vendor, or the database, refused a credential that the client itself checked. */
    public static final class CredentialRefused extends LatchkeyException {
        private static final long serialVersionUID = 1;

        public CredentialRefused(String message) {
            super(message);
        }
    }

    /** The user did not connect in the time that {@link Sessions#awaitConnected} waited; the message has the last refusal, if any. */
    public static final class NotConnected extends LatchkeyException {
        private static final long serialVersionUID = 1;

        public NotConnected(String message) {
            super(message);
        }
    }

    /** A webhook without a valid signature: respond with 401 and do nothing. */
    public static final class InvalidWebhook extends LatchkeyException {
        private static final long serialVersionUID = 1;

        public InvalidWebhook(String message) {
            super(message);
        }
    }
}
