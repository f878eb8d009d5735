package dev.latchkey.server.team;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.access.Actor;
import dev.latchkey.server.audit.AuditLog;
import dev.latchkey.server.environments.EnvironmentFragments;
import dev.latchkey.server.http.ClientAddress;
import dev.latchkey.server.json.Ids;
import dev.latchkey.server.secrets.Secret;
import dev.latchkey.server.storage.Database;
import dev.latchkey.server.storage.DatabaseAddress;
import dev.latchkey.server.storage.PostgresForTests;
import dev.latchkey.server.team.SignInThrottle.Attempt;
import dev.latchkey.server.vault.MasterKey;
import dev.latchkey.server.vault.Vault;
import io.helidon.http.HeaderNames;
import io.helidon.http.WritableHeaders;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The sign-in throttle and the browsers that it knows, on a database. */
class SignInThrottleTest {
    private static final int THREADS = 60;
    private static final Actor TEST = new Actor.System("test");
    private static final AtomicReference<Instant> NOW = new AtomicReference<>(Instant.parse("2026-11-29T12:00:00Z"));
    private static Database database;
    private static SignInThrottle throttle;
    private static KnownBrowsers browsers;
    private static Members members;
    private static Invitations invitations;

    @BeforeAll
    static void open() {
        database = Database.open(DatabaseAddress.parse(PostgresForTests.freshDatabaseUrl()));
        SecureRandom random = new SecureRandom();
        throttle = new SignInThrottle(database, NOW::get);
        browsers = new KnownBrowsers(database, random, NOW::get);
        Vault vault = Vault.open(
                MasterKey.load(Optional.of(key(random)), Path.of("unused"), () -> false, random), database, random);
        AuditLog audit = new AuditLog(database, vault, random, NOW::get, EnvironmentFragments::name);
        members = new Members(database, new Ids(NOW::get, random), NOW::get, audit);
        invitations = new Invitations(database, random, NOW::get, audit);
    }

    private static Secret key(SecureRandom random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return new Secret(Base64.getEncoder().encodeToString(bytes));
    }

    @AfterAll
    static void close() {
        database.close();
    }

    @TestFactory
    Stream<DynamicTest> ofManyAtOnceNoMoreThanTheFreeNumberAreTried() {
        record Way(String name, int free, IntFunction<Attempt> attempt) {}
        return Stream.of(
                        new Way(
                                "one account, many addresses",
                                5,
                                i -> throttle.begin("ada@example.com", "192.0.2." + i)),
                        new Way("one address, many accounts", 20, i -> throttle.begin("user" + i, "198.51.100.7")),
                        new Way("one account, one address", 5, i -> throttle.begin("grace@example.com", "203.0.113.9")),
                        new Way("a known browser", 5, i -> throttle.begin(new KnownBrowsers.Browser("browser"))),
                        new Way("the present password", 5, i -> throttle.beginAgain(new java.util.UUID(1, 1))))
                .map(way -> DynamicTest.dynamicTest(way.name(), () -> {
                    List<Attempt> attempts = atOnce(way.attempt());

                    assertThat(attempts.stream().filter(Attempt.Counted.class::isInstance))
                            .hasSize(way.free());
                    assertThat(attempts.stream()
                                    .filter(Attempt.Wait.class::isInstance)
                                    .map(attempt -> ((Attempt.Wait) attempt).remaining()))
                            .hasSize(THREADS - way.free())
                            .allMatch(wait -> wait.isPositive() && wait.compareTo(Duration.ofSeconds(5)) <= 0);
                }));
    }

    @Test
    void thePauseDoublesUpToAQuarterOfAnHour() {
        String account = "doubling@example.com";
        int address = 0;
        for (int i = 0; i < 5; i++) {
            assertThat(throttle.begin(account, "a" + address++)).isInstanceOf(Attempt.Counted.class);
        }
        for (long seconds : new long[] {5, 10, 20, 40, 80, 160, 320, 640, 900, 900}) {
            assertThat(throttle.begin(account, "a" + address++))
                    .isEqualTo(new Attempt.Wait(Duration.ofSeconds(seconds)));
            NOW.updateAndGet(now -> now.plusSeconds(seconds));
            assertThat(throttle.begin(account, "a" + address++)).isInstanceOf(Attempt.Counted.class);
        }
    }

    @Test
    void whatWasRightOrNotTriedIsGivenBack() {
        for (int i = 0; i < 50; i++) {
            Attempt attempt = throttle.begin("right@example.com", "192.0.2.200");
            throttle.succeeded((Attempt.Counted) attempt);
            Attempt untried = throttle.begin("untried@example.com", "192.0.2.201");
            throttle.untried((Attempt.Counted) untried);
        }
        assertThat(throttle.begin("right@example.com", "192.0.2.200")).isInstanceOf(Attempt.Counted.class);
    }

    @Test
    void anAttemptThatTheAccountRefusesIsNotCountedForTheAddress() {
        for (int i = 0; i < 5; i++) {
            throttle.begin("locked@example.com", "b" + i);
        }
        for (int i = 0; i < 50; i++) {
            assertThat(throttle.begin("locked@example.com", "192.0.2.210")).isInstanceOf(Attempt.Wait.class);
        }
        assertThat(throttle.begin("other@example.com", "192.0.2.210")).isInstanceOf(Attempt.Counted.class);
    }

    @Test
    void countersThatCountNoMoreAreDropped() {
        throttle.begin("old@example.com", "192.0.2.220");
        NOW.updateAndGet(now -> now.plus(Duration.ofHours(25)));
        throttle.tidy();
        assertThat(database.<Integer>withHandle(handle -> handle.createQuery("SELECT count(*) FROM sign_in_failures")
                        .mapTo(Integer.class)
                        .one()))
                .isZero();
    }

    /** Each way in which a browser stops being known. */
    @TestFactory
    Stream<DynamicTest> aBrowserIsKnownUntil() {
        Map<String, Consumer<Member>> ends = Map.of(
                "the password is changed", member -> members.setPassword(member, new Secret("another good password")),
                "a password is set by link",
                        member -> invitations.join(
                                invitations.link(TEST, member).reveal(), new Secret("yet another password")),
                "the member is removed", member -> members.remove(TEST, member.id()),
                "half a year has passed", member -> NOW.updateAndGet(now -> now.plus(Duration.ofDays(181))));
        return ends.entrySet().stream()
                .map(end -> DynamicTest.dynamicTest(end.getKey(), () -> {
                    Member member = member(end.getKey().replace(' ', '-') + "@example.com");
                    Secret cookie = browsers.remember(member, Optional.empty());
                    assertThat(browsers.find(cookie, member)).isPresent();

                    end.getValue().accept(member);

                    assertThat(browsers.find(cookie, member)).isEmpty();
                }));
    }

    @Test
    void aBrowserIsKnownForItsMembersOnlyAndAPlantedCookieIsWorthNothing() {
        Member ada = member("ada@known.example");
        Member grace = member("grace@known.example");
        Secret planted = browsers.remember(ada, Optional.empty());

        Secret hers = browsers.remember(grace, Optional.of(planted));

        assertThat(browsers.find(hers, grace)).isPresent();
        assertThat(browsers.find(hers, ada)).as("both use this browser").isPresent();
        assertThat(browsers.find(planted, grace)).isEmpty();
        assertThat(browsers.find(planted, ada)).isEmpty();
        assertThat(browsers.find(new Secret("A".repeat(43)), ada)).isEmpty();
    }

    @Test
    void anIpv6ClientIsCountedByItsNetworkAndAForwardedOneByWhatOurProxyAdded() {
        Function<String, String> network = ClientAddress::network;
        assertThat(network.apply("2001:db8:1:2::1"))
                .isEqualTo(network.apply("2001:db8:1:2:ffff:ffff:ffff:ffff"))
                .isNotEqualTo(network.apply("2001:db8:1:3::1"));
        assertThat(network.apply("::ffff:192.0.2.1")).isEqualTo("192.0.2.1");
        assertThat(network.apply("192.0.2.1:4711")).isEqualTo("192.0.2.1");
        assertThat(network.apply("[2001:db8:1:2::1]:4711")).isEqualTo(network.apply("2001:db8:1:2::2"));
        assertThat(network.apply("x".repeat(5_000))).hasSizeLessThan(100);

        WritableHeaders<?> headers = WritableHeaders.create();
        headers.set(HeaderNames.X_FORWARDED_FOR, "203.0.113.1, 203.0.113.2", "203.0.113.3, 203.0.113.4");
        assertThat(new ClientAddress(true).of("127.0.0.1", headers)).isEqualTo("203.0.113.4");
        assertThat(new ClientAddress(false).of("127.0.0.1", headers)).isEqualTo("127.0.0.1");
        assertThat(new ClientAddress(true).of("127.0.0.1", WritableHeaders.create()))
                .isEqualTo("127.0.0.1");
    }

    private static Member member(String email) {
        if (members.isEmpty()) {
            members.createFirstOwner("", new Secret("a good long password"));
        }
        return ((Members.Change.Done) members.invite(TEST, email, Role.SUPPORT, Map.of())).member();
    }

    private static List<Attempt> atOnce(IntFunction<Attempt> attempt) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<Attempt>> running = new ArrayList<>();
            for (int i = 0; i < THREADS; i++) {
                int number = i;
                running.add(threads.submit(() -> attempt.apply(number)));
            }
            List<Attempt> attempts = new ArrayList<>();
            for (Future<Attempt> one : running) {
                attempts.add(one.get());
            }
            return attempts;
        }
    }
}
