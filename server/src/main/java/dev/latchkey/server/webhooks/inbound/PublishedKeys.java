package dev.latchkey.server.webhooks.inbound;

import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.Limits;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.X509TrustManager;

/**
 * The documents in which vendors publish the keys that verify their webhooks. Anybody may send a request that names one, so the work is
 * bounded: a document is kept for an hour, one that was not to be had is not asked for again within a minute, and few are read at a time
 * and in a minute; what the sender names never takes the place of what a definition names. Thread-safe.
 */
public final class PublishedKeys {
    /** The border to the network. */
    @FunctionalInterface
    public interface Source {
        /** Empty when it is not to be had. */
        Optional<byte[]> read(URI address);
    }

    /** The vendor's keys cannot be read now: nothing is known of the request. */
    static final class AwayException extends RuntimeException {
        private static final long serialVersionUID = 1;

        AwayException(URI address) {
            super(address.getHost() + " does not give the key now");
        }
    }

    private static final int LONGEST = 128 * 1024;
    private static final int MOST = 128;
    private static final int AT_ONCE = 4;
    private static final int IN_A_MINUTE = 60;
    private static final Duration LIFETIME = Duration.ofHours(1);
    /** How long a document is used when the vendor's host is away. */
    private static final Duration STALE = Duration.ofHours(24);

    private static final Duration AGAIN = Duration.ofMinutes(1);
    private static final long PATIENCE_SECONDS = 15;
    private static final Limits SHORT = Limits.of(Duration.ofSeconds(5), Duration.ofSeconds(10));

    private record Kept(Optional<byte[]> document, Instant readAt) {
        boolean isYoungerThan(Duration age, Instant now) {
            return readAt.plus(age).isAfter(now);
        }
    }

    /** The oldest goes first. */
    private static final class Recent extends LinkedHashMap<URI, Kept> {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<URI, Kept> eldest) {
            return size() > MOST;
        }
    }

    /** What may be read for one kind of address. */
    private final class Shelf {
        private final Recent documents = new Recent();
        private final Recent failures = new Recent();
        private final Semaphore free = new Semaphore(AT_ONCE);
        private Instant minute = Instant.EPOCH;
        private int read;

        synchronized Optional<Kept> document(URI address) {
            return Optional.ofNullable(documents.get(address));
        }

        synchronized boolean failedJustNow(URI address, Instant now) {
            return Optional.ofNullable(failures.get(address))
                    .filter(failure -> failure.isYoungerThan(AGAIN, now))
                    .isPresent();
        }

        private synchronized boolean mayRead(Instant now) {
            if (!minute.plus(AGAIN).isAfter(now)) {
                minute = now;
                read = 0;
            }
            return read++ < IN_A_MINUTE;
        }

        private synchronized void keep(URI address, Optional<byte[]> document, Instant now) {
            (document.isPresent() ? documents : failures).remove(address);
            (document.isPresent() ? documents : failures).put(address, new Kept(document, now));
        }

        Optional<byte[]> read(URI address, Instant now) {
            if (!free.tryAcquire()) {
                return Optional.empty();
            }
            try {
                if (!mayRead(now)) {
                    return Optional.empty();
                }
                Optional<byte[]> document = source.read(address).filter(bytes -> bytes.length <= LONGEST);
                keep(address, document, now);
                return document;
            } finally {
                free.release();
            }
        }
    }

    private final Source source;
    private final X509TrustManager authorities;
    private final InstantSource clock;
    private final Shelf named = new Shelf();
    private final Shelf sent = new Shelf();
    private final ConcurrentMap<URI, CompletableFuture<Optional<byte[]>>> underWay = new ConcurrentHashMap<>();

    /** @param authorities that vouch for a vendor's certificate */
    public PublishedKeys(Source source, X509TrustManager authorities, InstantSource clock) {
        this.source = source;
        this.authorities = authorities;
        this.clock = clock;
    }

    /** Read by a way out. */
    public static PublishedKeys by(Egress egress, X509TrustManager authorities, InstantSource clock) {
        return new PublishedKeys(address -> document(egress, address), authorities, clock);
    }

    private static Optional<byte[]> document(Egress egress, URI address) {
        try {
            Egress.Response response =
                    egress.send(new Egress.Request("GET", address, Map.of("accept", "*/*"), Optional.empty()), SHORT);
            return response.status() == 200 ? Optional.of(response.body()) : Optional.empty();
        } catch (EgressException e) {
            return Optional.empty();
        }
    }

    X509TrustManager authorities() {
        return authorities;
    }

    /** At an address of a definition. @throws AwayException when it is not to be had */
    byte[] of(URI address) {
        return read(named, address, LIFETIME);
    }

    /** The same, read again unless that was within a minute: it lacks a key that a request names. */
    byte[] renewed(URI address) {
        return read(named, address, AGAIN);
    }

    /** At an address that the sender chose, on a host of the vendor. @throws AwayException when it is not to be had */
    byte[] asSent(URI address) {
        return read(sent, address, LIFETIME);
    }

    private byte[] read(Shelf shelf, URI address, Duration age) {
        Instant now = clock.instant();
        Optional<Kept> kept = shelf.document(address);
        Optional<byte[]> fresh = kept.filter(it -> it.isYoungerThan(age, now)).flatMap(Kept::document);
        if (fresh.isPresent()) {
            return fresh.get();
        }
        Optional<byte[]> read =
                shelf.failedJustNow(address, now) ? Optional.empty() : once(address, () -> shelf.read(address, now));
        return read.or(() -> kept.filter(it -> it.isYoungerThan(STALE, now)).flatMap(Kept::document))
                .orElseThrow(() -> new AwayException(address));
    }

    /** However many requests need it at the same moment. */
    private Optional<byte[]> once(URI address, java.util.function.Supplier<Optional<byte[]>> reading) {
        CompletableFuture<Optional<byte[]>> mine = new CompletableFuture<>();
        CompletableFuture<Optional<byte[]>> first = underWay.putIfAbsent(address, mine);
        if (first != null) {
            try {
                return first.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return Optional.empty();
            } catch (ExecutionException | TimeoutException e) {
                return Optional.empty();
            }
        }
        Optional<byte[]> read = Optional.empty();
        try {
            read = reading.get();
            return read;
        } finally {
            underWay.remove(address, mine);
            mine.complete(read);
        }
    }
}
