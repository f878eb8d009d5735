package dev.latchkey.spring;

import dev.latchkey.client.LatchkeyException;
import java.net.URI;
import org.jspecify.annotations.Nullable;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;

/** The client's failures as problem details, in Spring MVC; the application's own handlers come first. */
@ControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
class LatchkeyProblems {
    @ExceptionHandler
    ResponseEntity<ProblemDetail> authorize(AuthorizationRequiredException e) {
        return Problems.authorize(e.connection(), link(e.connection()));
    }

    private static @Nullable URI link(UserConnection connection) {
        try {
            return connection.authorizeUrl();
        } catch (LatchkeyException e) {
            return null;
        }
    }

    /** Of a connection that need not be the current user's: a link would let them put their account in its place. */
    @ExceptionHandler
    ResponseEntity<ProblemDetail> reauthorize(LatchkeyException.Reauthorize e) {
        return Problems.reauthorize();
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> refreshFailing(LatchkeyException.RefreshFailing e) {
        return Problems.refreshFailing(e);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> paused(LatchkeyException.Paused e) {
        return Problems.paused();
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> rateLimited(LatchkeyException.RateLimited e) {
        return Problems.rateLimited(e);
    }

    @ExceptionHandler({LatchkeyException.Unreachable.class, LatchkeyException.ServerFailed.class})
    ResponseEntity<ProblemDetail> unreachable(LatchkeyException e) {
        return Problems.unreachable(e);
    }
}
