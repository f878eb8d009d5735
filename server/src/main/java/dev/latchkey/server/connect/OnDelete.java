package dev.latchkey.server.connect;

import dev.latchkey.catalogue.Call;
import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.Provider;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.ConnectionEvent;
import dev.latchkey.server.connections.Connections;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.oauth.ApiCall;
import dev.latchkey.server.oauth.Success;
import dev.latchkey.server.oauth.ValuesOf;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Ends the grant at the provider once its connection is deleted (RFC 7009, or the vendor's own call). It never holds up the
 * deletion; it is tried a few times, and a failure that stays is told in the timeline. Thread-safe.
 */
public final class OnDelete implements AutoCloseable {
    private static final List<Duration> WAITS =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30));

    private final Catalogue catalogue;
    private final ApiCall api;
    private final Connections connections;
    private final CountDownLatch closing = new CountDownLatch(1);

    public OnDelete(Catalogue catalogue, ApiCall api, Connections connections) {
        this.catalogue = catalogue;
        this.api = api;
        this.connections = connections;
    }

    /** Returns at once. */
    public void revoke(Integration integration, Connection deleted) {
        Optional<Provider> provider = catalogue.find(integration.provider());
        provider.flatMap(Provider::onDelete)
                .ifPresent(call -> Thread.ofVirtual()
                        .name("revoke")
                        .start(() -> revoke(provider.get(), call, integration, deleted)));
    }

    private void revoke(Provider provider, Call call, Integration integration, Connection deleted) {
        ValuesOf values =
                new ValuesOf(integration, deleted.config(), deleted.secrets(), Optional.of(deleted.credentials()));
        for (int attempt = 0; ; attempt++) {
            Attempt result = attempt(provider, call, integration, values);
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

    private Attempt attempt(Provider provider, Call call, Integration integration, ValuesOf values) {
        try {
            Egress.Answer answer = api.send(provider, integration, call, values);
            return Success.of(answer, call.okWhen())
                    ? new Attempt(Optional.empty(), false)
                    : new Attempt(
                            Optional.of(provider.name() + " answered " + answer.status()),
                            answer.status() >= 500 || answer.status() == 429);
        } catch (EgressException e) {
            return new Attempt(Optional.of(String.valueOf(e.getMessage())), e.kind() != EgressException.Kind.FORBIDDEN);
        } catch (IllegalArgumentException e) {
            return new Attempt(Optional.of(String.valueOf(e.getMessage())), false);
        }
    }

    /** Waits, unless the process stops meanwhile. */
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
