package dev.latchkey.server.drift;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.drift.Result.Trace;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressException;
import dev.latchkey.server.egress.Glances;
import dev.latchkey.server.egress.Glances.Glance;
import dev.latchkey.server.egress.Limits;
import dev.latchkey.server.mcp.Discovery;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks at vendors from outside, as a stranger would: requests carry no credential, no client and no parameter of an app. Bounded in
 * time, in requests under way (and of these to one host), and in bytes of each response. Thread-safe.
 */
public final class Watch implements AutoCloseable {
    private static final int AT_ONCE = 16;
    private static final int AT_ONE_HOST = 2;
    private static final int BYTES = 64 * 1024;
    private static final Limits LIMITS = Limits.of(Duration.ofSeconds(15), Duration.ofSeconds(25));
    /** Authorities whose certificates renew themselves do so weeks before. */
    private static final Duration CERTIFICATE_LEFT = Duration.ofDays(7);

    private static final Pattern ORGANIZATION = Pattern.compile("(?:^|,)\\s*O=(\"[^\"]*\"|[^,]*)");

    /** A token request without anything in it; that it lacks a client and a code is what the response should say. */
    private static final Egress.Content NOTHING = new Egress.Content(
            "application/x-www-form-urlencoded", "grant_type=authorization_code".getBytes(StandardCharsets.US_ASCII));

    private final Glances glances;
    private final MetadataCheck metadata;
    private final UnaryOperator<URI> place;
    private final InstantSource clock;
    private final Semaphore all = new Semaphore(AT_ONCE);
    private final Map<String, Semaphore> hosts = new ConcurrentHashMap<>();

    /** @param place maps a vendor's URL to the one to call: the lab plays a vendor under its own */
    public Watch(Egress egress, UnaryOperator<URI> place, InstantSource clock) {
        this.glances = new Glances(egress, LIMITS, BYTES);
        this.metadata = new MetadataCheck(new Discovery(egress), place);
        this.place = place;
        this.clock = clock;
    }

    /**
     * @param before the last report, which shows what has changed; an empty one if there is none
     * @param within the time for all of it; what is not reached by then is reported as such
     */
    public Report check(Collection<Provider> providers, Report before, Duration within) {
        Instant start = clock.instant();
        Instant end = start.plus(within);
        List<Result> results = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Result>> running = new ArrayList<>();
            for (Provider provider : providers) {
                for (Probe probe : Plan.of(provider)) {
                    running.add(threads.submit(() -> look(provider.id(), probe, before, end)));
                }
            }
            for (Future<Result> one : running) {
                results.add(one.get());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the check was interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e.getCause());
        }
        return new Report(start, List.copyOf(results));
    }

    private Result look(String provider, Probe probe, Report before, Instant end) throws InterruptedException {
        return switch (probe) {
            case Probe.Unknown it ->
                new Result(
                        provider,
                        it.what(),
                        it.address(),
                        new Verdict.Skipped("the address needs a value of a connection or an integration"),
                        Trace.NONE);
            case Probe.Metadata it -> {
                Verdict verdict = in(it.at(), end, () -> new Seen(metadata.of(it), Trace.NONE))
                        .verdict();
                yield new Result(provider, it.what(), it.address(), verdict, Trace.NONE);
            }
            case Probe.Authorize it -> seen(provider, it, in(it.at(), end, () -> at("GET", it.at(), it, before)));
            case Probe.Api it -> seen(provider, it, in(it.at(), end, () -> at("GET", it.at(), it, before)));
            case Probe.Token it -> seen(provider, it, in(it.at(), end, () -> at(it.method(), it.at(), it, before)));
        };
    }

    private static Result seen(String provider, Probe probe, Seen seen) {
        return new Result(provider, probe.what(), probe.address(), seen.verdict(), seen.trace());
    }

    private record Seen(Verdict verdict, Trace trace) {}

    private interface Looking {
        Seen now();
    }

    /** With the permits that keep us from being a burden to anyone. */
    private Seen in(URI at, Instant end, Looking looking) throws InterruptedException {
        Semaphore host = hosts.computeIfAbsent(place.apply(at).getRawAuthority(), _ -> new Semaphore(AT_ONE_HOST));
        host.acquire();
        try {
            all.acquire();
            try {
                return clock.instant().isBefore(end)
                        ? looking.now()
                        : new Seen(new Verdict.Look(List.of(new Finding.NotReached())), Trace.NONE);
            } finally {
                all.release();
            }
        } finally {
            host.release();
        }
    }

    private Seen at(String method, URI address, Probe probe, Report before) {
        URI asked = place.apply(address);
        try {
            Glance glance = glances.at(new Egress.Request(
                    method,
                    asked,
                    Map.of("accept", probe instanceof Probe.Token ? "application/json" : "text/html, */*;q=0.5"),
                    method.equals("GET") ? Optional.empty() : Optional.of(NOTHING)));
            List<Finding> found = new ArrayList<>(findings(probe, asked, glance));
            Trace trace = trace(asked, glance);
            trace.end()
                    .filter(last -> last.isBefore(clock.instant().plus(CERTIFICATE_LEFT)))
                    .ifPresent(last -> found.add(new Finding.CertificateEnds(last)));
            before.trace(probe.address()).ifPresent(earlier -> changes(earlier, trace, found));
            return new Seen(found.isEmpty() ? new Verdict.Alive() : new Verdict.Look(List.copyOf(found)), trace);
        } catch (EgressException e) {
            String why = Reading.printable(String.valueOf(e.getMessage()), 200);
            return new Seen(
                    new Verdict.Look(
                            List.of(e.isUntrusted() ? new Finding.Untrusted(why) : new Finding.Unreachable(why))),
                    Trace.NONE);
        }
    }

    private static List<Finding> findings(Probe probe, URI asked, Glance glance) {
        return switch (probe) {
            case Probe.Authorize it -> Reading.of(it, asked, glance);
            case Probe.Token it -> Reading.of(it, asked, glance);
            case Probe.Api it -> Reading.of(it, asked, glance);
            case Probe.Metadata _, Probe.Unknown _ -> List.of();
        };
    }

    private static void changes(Trace earlier, Trace now, List<Finding> found) {
        earlier.redirect()
                .filter(host ->
                        now.redirect().isPresent() && !now.redirect().get().equals(host))
                .ifPresent(host -> found.add(
                        new Finding.RedirectChanged(host, now.redirect().orElseThrow())));
        earlier.authority()
                .filter(issuer ->
                        now.authority().isPresent() && !now.authority().get().equals(issuer))
                .ifPresent(issuer -> found.add(
                        new Finding.CertificateChanged(issuer, now.authority().orElseThrow())));
    }

    private static Trace trace(URI asked, Glance glance) {
        return new Trace(
                Reading.redirect(asked, glance).map(URI::getHost),
                glance.certificate().map(Watch::authority),
                glance.certificate().map(one -> one.getNotAfter().toInstant()));
    }

    /** The organization: it has many intermediate certificates. */
    private static String authority(X509Certificate certificate) {
        String name = certificate.getIssuerX500Principal().getName();
        Matcher organization = ORGANIZATION.matcher(name);
        return Reading.printable(organization.find() ? organization.group(1).replace("\"", "") : name, 100);
    }

    @Override
    public void close() {
        glances.close();
    }
}
