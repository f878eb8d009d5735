package dev.latchkey.spring;

import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * The connection that a request is sent for.
 *
 * @param own whether it is the current user's: only they may get a link to authorize it
 */
record ActingFor(UserConnection connection, boolean own) {
    static ActingFor of(
            UserConnections connections,
            String integration,
            @Nullable Object named,
            Optional<String> currentUser,
            String how) {
        if (named != null) {
            return new ActingFor(connections.of(integration, named.toString()), false);
        }
        return new ActingFor(
                connections.of(
                        integration,
                        currentUser.orElseThrow(
                                () -> new IllegalStateException("no user is signed in, whose connection of '"
                                        + integration + "' the request could be sent for: name one by " + how))),
                true);
    }

    String token() {
        try {
            return connection.token();
        } catch (AuthorizationRequiredException e) {
            throw known(e);
        }
    }

    String replaceToken(String refused) {
        try {
            return connection.replaceToken(refused);
        } catch (AuthorizationRequiredException e) {
            throw known(e);
        }
    }

    ProxyAnswer call(ProxyRequest request) {
        try {
            return connection.call(request);
        } catch (AuthorizationRequiredException e) {
            throw known(e);
        }
    }

    CompletableFuture<String> tokenAsync() {
        return connection.tokenAsync().exceptionallyCompose(failure -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            return CompletableFuture.failedFuture(cause instanceof AuthorizationRequiredException e ? known(e) : cause);
        });
    }

    private RuntimeException known(AuthorizationRequiredException e) {
        return !own && e.getCause() instanceof LatchkeyException cause ? cause : e;
    }
}
