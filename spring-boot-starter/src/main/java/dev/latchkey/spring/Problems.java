package dev.latchkey.spring;

import dev.latchkey.client.LatchkeyException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;

/**
 * What an application's caller learns of a failure (RFC 9457): whether the user can do something, and whether to retry. Messages of the
 * client name hosts and ids; they stay in the application's log.
 */
final class Problems {
    private Problems() {}

    /** @param link to authorize by; null if Latchkey does not respond */
    static ResponseEntity<ProblemDetail> authorize(UserConnection connection, @Nullable URI link) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.CONFLICT, "Connect your account, or authorize access to it again.");
        problem.setTitle("Authorization required");
        problem.setProperty("code", "authorization_required");
        problem.setProperty("integration", connection.integration());
        if (link != null) {
            problem.setProperty("authorize_url", link.toString());
        }
        return ResponseEntity.status(HttpStatus.CONFLICT)
                .header(HttpHeaders.CACHE_CONTROL, "no-store")
                .body(problem);
    }

    static ResponseEntity<ProblemDetail> reauthorize() {
        return of(
                HttpStatus.CONFLICT,
                "authorization_required",
                "The owner of the connected account must authorize access again.",
                Optional.empty());
    }

    static ResponseEntity<ProblemDetail> refreshFailing(LatchkeyException.RefreshFailing e) {
        return of(
                HttpStatus.SERVICE_UNAVAILABLE,
                "connection_unavailable",
                "The connected account cannot be used at the moment.",
                e.retryAt().map(at -> Duration.between(Instant.now(), at)));
    }

    static ResponseEntity<ProblemDetail> paused() {
        return of(
                HttpStatus.SERVICE_UNAVAILABLE,
                "connection_paused",
                "The connected account is paused.",
                Optional.empty());
    }

    static ResponseEntity<ProblemDetail> rateLimited(LatchkeyException.RateLimited e) {
        return of(
                HttpStatus.SERVICE_UNAVAILABLE,
                "connection_unavailable",
                "The connected account cannot be used at the moment.",
                e.retryAfter());
    }

    static ResponseEntity<ProblemDetail> unreachable(LatchkeyException e) {
        return of(
                e instanceof LatchkeyException.TimedOut ? HttpStatus.GATEWAY_TIMEOUT : HttpStatus.BAD_GATEWAY,
                "connections_unavailable",
                "The service for connected accounts does not respond.",
                Optional.empty());
    }

    private static ResponseEntity<ProblemDetail> of(
            HttpStatus status, String code, String detail, Optional<Duration> wait) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(status, detail);
        problem.setProperty("code", code);
        HttpHeaders headers = new HttpHeaders();
        wait.ifPresent(time -> headers.set(HttpHeaders.RETRY_AFTER, Long.toString(Math.max(1, time.toSeconds()))));
        return ResponseEntity.status(status).headers(headers).body(problem);
    }
}
