package dev.latchkey.server.webhooks.inbound;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.server.egress.PeerTrust;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What anybody may cause by requests that name a key: little, and nothing that keeps a true one from being read. */
class PublishedKeysTest {
    private static final URI ADDRESS = URI.create("https://keys.vendor.example/jwks");

    private final Map<URI, String> documents = new HashMap<>(Map.of(ADDRESS, "one"));
    private final AtomicInteger reads = new AtomicInteger();
    private Instant now = Instant.parse("2030-01-01T00:00:00Z");
    private final PublishedKeys keys =
            new PublishedKeys(this::read, new PeerTrust(PeerTrust.Mode.AUTHORITY, "", ""), () -> now);

    private Optional<byte[]> read(URI address) {
        reads.incrementAndGet();
        return Optional.ofNullable(documents.get(address)).map(text -> text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private void later(Duration duration) {
        now = now.plus(duration);
    }

    @Test
    void readsADocumentOnceAnHour() {
        assertThat(text(keys.of(ADDRESS))).isEqualTo("one");
        documents.put(ADDRESS, "two");
        later(Duration.ofMinutes(59));
        assertThat(text(keys.of(ADDRESS))).isEqualTo("one");
        assertThat(reads).hasValue(1);

        later(Duration.ofMinutes(2));
        assertThat(text(keys.of(ADDRESS))).isEqualTo("two");
    }

    @Test
    void readsItAgainForANewKeyAtMostOnceAMinute() {
        keys.of(ADDRESS);
        for (int i = 0; i < 100; i++) {
            keys.renewed(ADDRESS);
        }
        assertThat(reads).hasValue(1);

        later(Duration.ofSeconds(61));
        documents.put(ADDRESS, "two");
        assertThat(text(keys.renewed(ADDRESS))).isEqualTo("two");
    }

    @Test
    void usesWhatItHasWhileTheHostIsAwayForADay() {
        keys.of(ADDRESS);
        documents.clear();
        later(Duration.ofHours(23));
        assertThat(text(keys.of(ADDRESS))).isEqualTo("one");

        later(Duration.ofHours(2));
        assertThatThrownBy(() -> keys.of(ADDRESS))
                .isInstanceOf(PublishedKeys.AwayException.class)
                .hasMessageContaining("keys.vendor.example");
    }

    @Test
    void asksForAMissingDocumentOnceAMinute() {
        documents.clear();
        for (int i = 0; i < 10; i++) {
            assertThatThrownBy(() -> keys.of(ADDRESS)).isInstanceOf(PublishedKeys.AwayException.class);
        }
        assertThat(reads).hasValue(1);
    }

    @Test
    void addressesOfSendersCostAtMostSixtyReadsAMinuteAndLeaveTheOthersAlone() {
        for (int i = 0; i < 500; i++) {
            URI made = URI.create("https://keys.vendor.example/certs/" + i);
            assertThatThrownBy(() -> keys.asSent(made)).isInstanceOf(PublishedKeys.AwayException.class);
        }
        assertThat(reads).hasValue(60);

        assertThat(text(keys.of(ADDRESS))).isEqualTo("one");
        later(Duration.ofMinutes(2));
        assertThat(text(keys.asSent(ADDRESS))).isEqualTo("one");
    }

    @Test
    void aDocumentThatIsTooLongIsNone() {
        documents.put(ADDRESS, "x".repeat(128 * 1024 + 1));

        assertThatThrownBy(() -> keys.of(ADDRESS)).isInstanceOf(PublishedKeys.AwayException.class);
    }

    @Test
    void manyRequestsAtTheSameMomentReadItOnce() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicInteger slowReads = new AtomicInteger();
        PublishedKeys slow = new PublishedKeys(
                address -> {
                    slowReads.incrementAndGet();
                    reading.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return Optional.of("one".getBytes(StandardCharsets.UTF_8));
                },
                new PeerTrust(PeerTrust.Mode.AUTHORITY, "", ""),
                () -> now);
        AtomicInteger answers = new AtomicInteger();
        Runnable reader = () -> {
            if (text(slow.of(ADDRESS)).equals("one")) {
                answers.incrementAndGet();
            }
        };
        Thread first = Thread.ofVirtual().start(reader);
        reading.await();
        Thread second = Thread.ofVirtual().start(reader);
        go.countDown();
        first.join();
        second.join();

        assertThat(answers).hasValue(2);
        assertThat(slowReads).hasValue(1);
    }
}
