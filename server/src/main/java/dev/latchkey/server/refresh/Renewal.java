package dev.latchkey.server.refresh;

import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.server.connections.Connection;
import dev.latchkey.server.connections.Credentials;
import dev.latchkey.server.integrations.Integration;
import dev.latchkey.server.kinds.Kinds;
import dev.latchkey.server.kinds.Makers;
import dev.latchkey.server.kinds.Progress;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.tokens.TokenAnswer;
import dev.latchkey.server.tokens.ValuesOf;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;

/** Requests a new credential: the refresh token grant (RFC 6749 section 6), or the first grant again. */
public final class Renewal {
    private final Makers makers;
    private volatile Optional<Metrics> metrics = Optional.empty();
    private final InstantSource clock;

    public Renewal(Makers makers, InstantSource clock) {
        this.makers = makers;
        this.clock = clock;
    }

    /** Times requests from now on. */
    public void measure(Metrics metrics) {
        this.metrics = Optional.of(metrics);
    }

    /** @param took from the last byte of the vendor's response until it was on the disk */
    void kept(Duration took) {
        metrics.ifPresent(it -> it.journaled(took));
    }

    TokenAnswer ask(Auth auth, Integration integration, Connection connection, Progress progress) {
        long start = System.nanoTime();
        ValuesOf values = new ValuesOf(
                integration, connection.config(), connection.secrets(), Optional.of(connection.credentials()));
        TokenAnswer answer = Kinds.of(auth).renew(makers, connection.credentials(), values, progress);
        metrics.ifPresent(it -> it.refreshed(
                connection.provider(),
                switch (answer) {
                    case TokenAnswer.Granted granted -> "fresh";
                    case TokenAnswer.Rejected rejected -> "rejected";
                    case TokenAnswer.Misconfigured wrong -> "misconfigured";
                    case TokenAnswer.Unavailable away -> "unavailable";
                },
                Duration.ofNanos(System.nanoTime() - start)));
        return answer;
    }

    /** The connection's new credentials: a missing refresh token keeps the old one. */
    Credentials merge(Auth auth, Credentials current, TokenAnswer.Granted granted) {
        return Kinds.of(auth).renewed(current, granted, clock.instant());
    }
}
