package dev.latchkey.server.drift;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.egress.AddressGuard;
import dev.latchkey.server.egress.Authorities;
import dev.latchkey.server.egress.Egress;
import dev.latchkey.server.egress.EgressObserver;
import dev.latchkey.server.waiting.Awaiting;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Each sign of decay is played by a server on loopback; nothing else is called. */
class WatchTest {
    private static final Decay HEALTHY = Decay.at("", exchange -> {});
    private static final String ERROR = "{\"error\": \"invalid_client\"}";

    private static final Map<Class<? extends Finding>, Decay> DECAYS = Map.ofEntries(
            entry(Finding.Gone.class, Decay.answering("/token", 404, "application/json", ERROR)),
            entry(Finding.Failing.class, Decay.answering("/authorize", 502, "text/html", "")),
            entry(Finding.MethodRefused.class, Decay.answering("/token", 405, "application/json", ERROR)),
            entry(Finding.HtmlPage.class, Decay.answering("/token", 200, "text/html", "<!doctype html><p>Welcome")),
            entry(Finding.OddAnswer.class, Decay.answering("/token", 200, "text/plain", "It works!")),
            entry(
                    Finding.Elsewhere.class,
                    Decay.answering("/authorize", 302, "text/html", "", "location", "https://other.example/login")),
            entry(
                    Finding.RedirectChanged.class,
                    new Decay("", exchange -> {}, Optional.of(Decay.earlier("id.acme.example", null)), 0, true)),
            entry(
                    Finding.Sunset.class,
                    Decay.answering(
                            "/token", 400, "application/json", ERROR, "sunset", "Wed, 31 Mar 2027 23:59:59 GMT")),
            entry(
                    Finding.Deprecated.class,
                    Decay.answering("/api", 404, "application/json", "{}", "deprecation", "@1688169599")),
            entry(Finding.Unreachable.class, Decay.at("/token", exchange -> exchange.close())),
            entry(Finding.Untrusted.class, Decay.certificate(90, false, Optional.empty())),
            entry(Finding.CertificateEnds.class, Decay.certificate(3, true, Optional.empty())),
            entry(
                    Finding.CertificateChanged.class,
                    Decay.certificate(90, true, Optional.of(Decay.earlier(null, "Earlier Authority")))),
            entry(Finding.Moved.class, Decay.metadata("token_endpoint", old -> old.replace("/token", "/v2/token"))),
            entry(Finding.WithoutPkce.class, Decay.metadata("code_challenge_methods_supported", old -> "[\"plain\"]")),
            entry(Finding.Undiscoverable.class, Decay.answering(Vendor.METADATA, 404, "text/html", "")),
            entry(Finding.NotReached.class, HEALTHY));

    @TempDir
    Path folder;

    @SuppressWarnings("unchecked")
    static Stream<Class<? extends Finding>> findings() {
        return Stream.of(Finding.class.getPermittedSubclasses()).map(type -> (Class<? extends Finding>) type);
    }

    @ParameterizedTest
    @MethodSource("findings")
    void seesEachSignOfDecayAndNoOther(Class<? extends Finding> sign) throws Exception {
        assertThat(DECAYS).as("a server that plays " + sign.getSimpleName()).containsKey(sign);
        Decay decay = DECAYS.getOrDefault(sign, HEALTHY);
        try (Vendor vendor = new Vendor(decay, folder)) {
            Report report =
                    check(vendor, decay, sign == Finding.NotReached.class ? Duration.ZERO : Duration.ofMinutes(5));

            assertThat(report.looks()).isNotEmpty();
            assertThat(report.looks().stream().flatMap(result -> ((Verdict.Look) result.verdict()).findings().stream()))
                    .isNotEmpty()
                    .allSatisfy(finding -> {
                        // What cannot be trusted has no metadata either.
                        if (!(sign == Finding.Untrusted.class && finding instanceof Finding.Undiscoverable)) {
                            assertThat(finding).isInstanceOf(sign);
                        }
                        assertThat(finding.words()).doesNotContain("\n", "|", "<");
                    });
            assertThat(Report.read(report.json().toString()).at()).isEqualTo(report.at());
            assertThat(HealthPage.of(report)).contains("acme", report.looks().size() + " to look at");
        }
    }

    @Test
    void aHealthyVendorIsAliveAndIsSentNoSecret() throws Exception {
        try (Vendor vendor = new Vendor(HEALTHY, folder)) {
            Report report = check(vendor, HEALTHY, Duration.ofMinutes(5));

            assertThat(report.looks()).isEmpty();
            assertThat(report.results())
                    .extracting(Result::what)
                    .containsExactly("authorize", "token", "refresh", "metadata", "api");
            assertThat(report.alive()).isEqualTo(5);
            assertThat(vendor.received).hasSize(5).allSatisfy(request -> {
                assertThat(request.toLowerCase(Locale.ROOT))
                        .doesNotContain("authorization=", "cookie", "client_id", "secret", "?");
                assertThat(request).matches("(GET .* |POST .* grant_type=authorization_code)");
            });
        }
    }

    @Test
    void sendsNoMoreThanTwoRequestsToAHostAtATime() throws Exception {
        AtomicInteger now = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        Decay counting = Decay.at("/authorize", exchange -> {
            most.accumulateAndGet(now.incrementAndGet(), Math::max);
            Vendor.send(exchange, 200, "text/html", "<p>Hello".repeat(2_000));
            now.decrementAndGet();
        });
        try (Vendor vendor = new Vendor(counting, folder)) {
            Report report = check(vendor, Collections.nCopies(50, vendor.provider()), counting, Duration.ofMinutes(5));

            assertThat(report.alive()).isEqualTo(250);
            assertThat(most.get()).isBetween(1, 2);
        }
    }

    @Test
    void readsOnlyTheBeginningOfABodyWithoutEnd() throws Exception {
        AtomicBoolean cut = new AtomicBoolean();
        Decay endless = Decay.at("/authorize", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            try (OutputStream body = exchange.getResponseBody()) {
                while (true) {
                    body.write(new byte[8192]);
                }
            } catch (IOException e) {
                cut.set(true);
            }
        });
        try (Vendor vendor = new Vendor(endless, folder)) {
            assertThat(check(vendor, endless, Duration.ofMinutes(5)).looks()).isEmpty();
            Awaiting.until("the rest of the body is not read", cut::get);
        }
    }

    /** A definition that another part of a company serves is not elsewhere. */
    @ParameterizedTest
    @CsvSource({
        "login.example.com, example.com",
        "a.b.example.co.uk, example.co.uk",
        "example.com, example.com",
        "id.vendor.io, vendor.io",
        "127.0.0.1, 127.0.0.1",
        "localhost, localhost"
    })
    void aSiteIsWhatACompanyRegisters(String host, String site) {
        assertThat(Reading.site(host)).isEqualTo(site);
    }

    private static Report check(Vendor vendor, Decay decay, Duration within) {
        return check(vendor, List.of(vendor.provider()), decay, within);
    }

    private static Report check(Vendor vendor, List<Provider> providers, Decay decay, Duration within) {
        AddressGuard guard = new AddressGuard(List.of(vendor.place()), port -> false, InetAddress::getAllByName);
        Authorities authorities =
                decay.days() > 0 && decay.trusted() ? Authorities.with(vendor.certificate()) : Authorities.ofTheJdk();
        try (Egress egress = new Egress(guard, authorities, EgressObserver.NONE);
                Watch watch = new Watch(egress, UnaryOperator.identity(), InstantSource.system())) {
            Report before = decay.earlier()
                    .map(trace -> new Report(
                            Instant.EPOCH,
                            Plan.of(vendor.provider()).stream()
                                    .map(probe -> new Result(
                                            "acme", probe.what(), probe.address(), new Verdict.Alive(), trace))
                                    .toList()))
                    .orElse(Report.NONE);
            return watch.check(providers, before, within);
        }
    }
}
