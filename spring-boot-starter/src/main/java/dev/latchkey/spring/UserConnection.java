package dev.latchkey.spring;

import dev.latchkey.client.ConnectOptions;
import dev.latchkey.client.Connection;
import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import dev.latchkey.client.ProxyAnswer;
import dev.latchkey.client.ProxyRequest;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/**
 * The connection of the user who sent a request: see {@link LatchkeyConnection}. Each method throws {@link
 * AuthorizationRequiredException} when there is none, or its user has to authorize again, and otherwise what the client throws.
 * Thread-safe.
 */
public final class UserConnection {
    private final Latchkey latchkey;
    private final String integration;
    private final String connectionId;
    private final Optional<URI> returnUrl;

    UserConnection(Latchkey latchkey, String integration, String connectionId, Optional<URI> returnUrl) {
        this.latchkey = latchkey;
        this.integration = integration;
        this.connectionId = connectionId;
        this.returnUrl = returnUrl;
    }

    /** The integration's unique key. */
    public String integration() {
        return integration;
    }

    /** The connection's id. */
    public String connectionId() {
        return connectionId;
    }

    /** Whether the user has connected. It does not say whether the credential works. */
    public boolean exists() {
        return latchkey.connections().find(integration, connectionId).isPresent();
    }

    /** A token that works now. */
    public String token() {
        return required(() -> latchkey.getToken(integration, connectionId));
    }

    /** The same without waiting. */
    public CompletableFuture<String> tokenAsync() {
        return required(latchkey.getTokenAsync(integration, connectionId));
    }

    /** The connection with its credential. */
    public Connection get() {
        return required(() -> latchkey.getConnection(integration, connectionId));
    }

    /** The same without waiting. */
    public CompletableFuture<Connection> getAsync() {
        return required(latchkey.getConnectionAsync(integration, connectionId));
    }

    /** Calls the provider through Latchkey. Close what is returned. */
    public ProxyAnswer call(ProxyRequest request) {
        return required(() -> latchkey.call(integration, connectionId, request));
    }

    /** Another token, after the provider refused this one. */
    String replaceToken(String refused) {
        return required(() -> latchkey.replaceToken(integration, connectionId, refused));
    }

    /** Where to send the user, who comes back to {@code latchkey.return-url}. */
    public URI authorizeUrl() {
        return authorizeUrl(options());
    }

    /** Where to send the user, with options of your own. */
    public URI authorizeUrl(ConnectOptions options) {
        return latchkey.getAuthUrl(integration, connectionId, options);
    }

    CompletableFuture<URI> authorizeUrlAsync() {
        return latchkey.authorizeAsync(integration, connectionId, options()).thenApply(link -> link.url());
    }

    private ConnectOptions options() {
        return returnUrl.map(ConnectOptions.none()::withReturnUrl).orElseGet(ConnectOptions::none);
    }

    private <T> T required(Supplier<T> call) {
        try {
            return call.get();
        } catch (LatchkeyException e) {
            throw translated(e);
        }
    }

    private <T> CompletableFuture<T> required(CompletableFuture<T> call) {
        return call.exceptionallyCompose(failure -> {
            Throwable cause =
                    failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
            return CompletableFuture.failedFuture(cause instanceof LatchkeyException e ? translated(e) : cause);
        });
    }

    private RuntimeException translated(LatchkeyException e) {
        boolean missing = e instanceof LatchkeyException.NotFound notFound
                && !notFound.code().equals("unknown_provider_config");
        return e instanceof LatchkeyException.Reauthorize || missing ? new AuthorizationRequiredException(this, e) : e;
    }

    @Override
    public String toString() {
        return "UserConnection[" + integration + ", " + connectionId + "]";
    }
}
