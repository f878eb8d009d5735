package dev.latchkey.server.connect;

import dev.latchkey.catalogue.model.Call;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.kinds.Makers;
import dev.latchkey.server.mcp.McpException;
import dev.latchkey.server.providers.Providers;
import dev.latchkey.server.telemetry.Step;
import dev.latchkey.server.tokens.ApiCall;
import dev.latchkey.server.tokens.Success;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Revokes the grant at the provider once its connection is deleted (RFC 7009, or the vendor's own call). It never delays the deletion; it
 * is retried a few times, and a lasting failure is recorded in the timeline. Thread-safe.
 */
public final class OnDelete implements AutoCloseable {
    private static final List<Duration> WAITS =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30));

    private static final int AT_ONCE = 16;

    private final Providers providers;
    private final ApiCall api;
    private final Makers makers;
    private final Connections connections;
    /** Many may be deleted at once with their integration, without flooding the provider or delaying other calls. */
    private final Semaphore places = new Semaphore(AT_ONCE);

    private final CountDownLatch closing = new CountDownLatch(1);

    public OnDelete(Providers providers, ApiCall api, Makers makers, Connections connections) {
        this.providers = providers;
        this.api = api;
        this.makers = makers;
        this.connections = connections;
    }

    /** Returns at once. */
    public void revoke(Integration integration, Connection deleted) {
        providers
                .of(deleted)
                .ifPresent(provider -> ending(provider, providers.as(deleted, integration), deleted)
                        .ifPresent(ending -> Thread.ofVirtual()
                                .name("revoke")
                                .start(Step.here(() -> revoke(provider, ending, deleted)))));
    }

    /** The revocation. @param send empty: nothing to revoke it with */
    private record Ending(Supplier<Optional<Egress.Response>> send, Optional<Call.OkWhen> okWhen) {}

    private Optional<Ending> ending(Provider provider, Integration integration, Connection deleted) {
        ValuesOf values =
                new ValuesOf(integration, deleted.config(), deleted.secrets(), Optional.of(deleted.credentials()));
        if (provider.calls().onDelete().isPresent()) {
            Call call = provider.calls().onDelete().get();
            return Optional.of(
                    new Ending(() -> Optional.of(api.send(provider, integration, call, values)), call.okWhen()));
        }
        return Kinds.of(provider.auth())
                .revocation(deleted.credentials())
                .map(revocation -> new Ending(() -> revocation.send(makers, values), Optional.empty()));
    }

    private void revoke(Provider provider, Ending ending, Connection deleted) {
        for (int attempt = 0; ; attempt++) {
            Attempt result = inTurn(provider, ending);
            if (result.problem().isEmpty()) {
                return;
            }
            if (!result.worthAnother() || attempt == WAITS.size() || isOver(WAITS.get(attempt))) {
                connections.note(new ConnectionEvent(
                        ConnectionEvent.Kind.REVOCATION_FAILED,
                        deleted,
                        Map.of("reason", result.problem().get())));
                return;
            }
        }
    }

    private record Attempt(Optional<String> problem, boolean worthAnother) {}

    private Attempt inTurn(Provider provider, Ending ending) {
        places.acquireUninterruptibly();
        try {
            return attempt(provider, ending);
        } finally {
            places.release();
        }
    }

    private static Attempt attempt(Provider provider, Ending ending) {
        try {
            Optional<Egress.Response> failure =
                    ending.send().get().filter(answer -> !Success.of(answer, ending.okWhen()));
            return failure.map(answer -> new Attempt(
                            Optional.of(provider.name() + " answered " + answer.status()),
                            answer.status() >= 500 || answer.status() == 429))
                    .orElseGet(() -> new Attempt(Optional.empty(), false));
        } catch (EgressException e) {
            return new Attempt(Optional.of(String.valueOf(e.getMessage())), e.kind() != EgressException.Kind.FORBIDDEN);
        } catch (McpException e) {
            return new Attempt(Optional.of(String.valueOf(e.getMessage())), e.isPassing());
        } catch (IllegalArgumentException e) {
            return new Attempt(Optional.of(String.valueOf(e.getMessage())), false);
        }
    }

    /** Waits, unless the process stops first. */
    private boolean isOver(Duration wait) {
        try {
            return closing.await(wait.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    @Override
    public void close() {
        closing.countDown();
    }
}
