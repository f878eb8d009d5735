package dev.latchkey.spring;

import dev.latchkey.client.LatchkeyException;
import java.net.URI;
import java.util.Optional;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.ProblemDetail;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ControllerAdvice;
import org.springframework.web.bind.annotation.ExceptionHandler;
import reactor.core.publisher.Mono;

/** The client's failures as problem details, in WebFlux; the application's own handlers come first. */
@ControllerAdvice
@Order(Ordered.LOWEST_PRECEDENCE)
class ReactiveLatchkeyProblems {
    private final LatchkeyProblems others = new LatchkeyProblems();

    @ExceptionHandler
    Mono<ResponseEntity<ProblemDetail>> authorize(AuthorizationRequiredException e) {
        return Mono.fromFuture(e.connection()::authorizeUrlAsync)
                .map(Optional::of)
                .onErrorReturn(Optional.<URI>empty())
                .map(link -> Problems.authorize(e.connection(), link.orElse(null)));
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> reauthorize(LatchkeyException.Reauthorize e) {
        return others.reauthorize(e);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> refreshFailing(LatchkeyException.RefreshFailing e) {
        return others.refreshFailing(e);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> paused(LatchkeyException.Paused e) {
        return others.paused(e);
    }

    @ExceptionHandler
    ResponseEntity<ProblemDetail> rateLimited(LatchkeyException.RateLimited e) {
        return others.rateLimited(e);
    }

    @ExceptionHandler({LatchkeyException.Unreachable.class, LatchkeyException.ServerFailed.class})
    ResponseEntity<ProblemDetail> unreachable(LatchkeyException e) {
        return others.unreachable(e);
    }
}
