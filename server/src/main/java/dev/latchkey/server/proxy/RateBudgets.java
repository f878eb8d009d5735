package dev.latchkey.server.proxy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.latchkey.catalogue.model.Api;
import dev.latchkey.server.monitoring.Metrics;
import dev.latchkey.server.storage.Announcements;
import dev.latchkey.server.storage.Listener;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.UUID;

/**
 * What is known of the providers' limits, from definitions and from responses. Kept in memory; a reached limit is announced to the
 * other nodes, and a declared rate is divided among them. Thread-safe.
 *
 * <p>Limits from responses are kept per connection and first path segment, since many vendors count the parts of their API separately;
 * a declared one applies to the connection or the integration as a whole.
 */
public final class RateBudgets {
    private static final String CHANNEL = "latchkey_limits";
    private static final Duration LONGEST_BLOCK = Duration.ofHours(1);
    private static final int LONGEST_STEP = 100;

    private record Key(UUID connection, String step) {}

    private final InstantSource clock;
    private final Announcements announcements;
    private final Nodes nodes;
    private final Metrics metrics;
    private final Cache<Key, LearnedBudget> learned = Caffeine.newBuilder()
            .maximumSize(50_000)
            .expireAfterAccess(Duration.ofHours(1))
            .build();
    private final Cache<UUID, DeclaredBudget> declared = Caffeine.newBuilder()
            .maximumSize(50_000)
            .expireAfterAccess(Duration.ofHours(1))
            .build();

    public RateBudgets(
            InstantSource clock, Announcements announcements, Listener listener, Nodes nodes, Metrics metrics) {
        this.metrics = metrics;
        this.clock = clock;
        this.announcements = announcements;
        this.nodes = nodes;
        listener.listen(CHANNEL, this::heard, () -> {});
    }

    /** Zero, and one call is counted; or how long until there may be one. */
    Duration waitFor(ProxyCall call) {
        long now = clock.millis();
        LearnedBudget known = learned.getIfPresent(key(call));
        long wait = known == null ? 0 : known.take(now);
        if (wait == 0 && call.provider().api().refusals().rate().isPresent()) {
            Api.Rate rate = call.provider().api().refusals().rate().get();
            UUID shared = switch (rate.of()) {
                case CONNECTION -> call.connection().id();
                case INTEGRATION -> call.integration().id();
            };
            wait = declared.get(shared, id -> new DeclaredBudget()).take(rate, nodes.count(), now);
        }
        return wait == 0 ? Duration.ZERO : Duration.ofMillis(wait);
    }

    /** A call was held back, or was not made at all. */
    void felt(ProxyCall call, String how) {
        metrics.limited(call.provider().id(), how);
    }

    /** Takes what a response says of the limits. */
    void learn(ProxyCall call, Verdicts.Verdict verdict) {
        Optional<Instant> again = verdict.again();
        if (verdict.limited()) {
            felt(call, "answered");
        }
        Optional<Integer> left = verdict.left();
        if (again.isEmpty()) {
            return;
        }
        Instant latest = clock.instant().plus(LONGEST_BLOCK);
        long until = (again.get().isAfter(latest) ? latest : again.get()).toEpochMilli();
        Key key = key(call);
        if (verdict.limited() || left.filter(count -> count == 0).isPresent()) {
            if (learned.get(key, it -> new LearnedBudget()).block(until)) {
                announcements.announce(CHANNEL, key.connection() + "/" + until + "/" + key.step());
            }
        } else if (left.isPresent()) {
            learned.get(key, it -> new LearnedBudget()).window(left.get(), until);
        }
    }

    private void heard(String payload) {
        String[] parts = payload.split("/", 3);
        learned.get(new Key(UUID.fromString(parts[0]), parts[2]), it -> new LearnedBudget())
                .block(Long.parseLong(parts[1]));
    }

    private static Key key(ProxyCall call) {
        String path = call.endpoint();
        int start = path.startsWith("/") ? 1 : 0;
        int end = path.indexOf('/', start);
        String step = path.substring(Math.min(start, path.length()), end < 0 ? path.length() : end);
        return new Key(call.connection().id(), step.length() > LONGEST_STEP ? step.substring(0, LONGEST_STEP) : step);
    }
}
