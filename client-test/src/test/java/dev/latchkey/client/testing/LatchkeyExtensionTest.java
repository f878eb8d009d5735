package dev.latchkey.client.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.latchkey.client.Latchkey;
import dev.latchkey.client.LatchkeyException;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.platform.engine.discovery.DiscoverySelectors;
import org.junit.platform.testkit.engine.EngineTestKit;

class LatchkeyExtensionTest {
    /** As a user's. */
    @TestMethodOrder(MethodOrderer.OrderAnnotation.class)
    static class ExampleCase {
        @RegisterExtension
        static final LatchkeyExtension LATCHKEY = new LatchkeyExtension();

        private static FakeLatchkey seen;

        static {
            seen = LATCHKEY.fake();
        }

        @Test
        @Order(1)
        void writes(FakeLatchkey fake) {
            fake.connection("github", "ada");
            assertThat(fake).isSameAs(seen);
        }

        @Test
        @Order(2)
        void findsNothing(FakeLatchkey fake, Latchkey latchkey) {
            assertThat(fake).isSameAs(seen);
            assertThat(fake.connections()).isEmpty();
            latchkey.ping();
        }

        @Nested
        class Inner {
            @Test
            void hasTheSame(FakeLatchkey fake) {
                assertThat(fake).isSameAs(seen);
                fake.client().ping();
            }
        }
    }

    @Test
    void eachTestBeginsEmptyAndTheFakeEndsWithTheClass() {
        EngineTestKit.engine("junit-jupiter")
                .selectors(DiscoverySelectors.selectClass(ExampleCase.class))
                .execute()
                .testEvents()
                .assertStatistics(all -> all.started(3).succeeded(3));

        FakeLatchkey seen = ExampleCase.seen;
        assertThatThrownBy(() -> seen.client().ping()).isInstanceOf(IllegalStateException.class);
        try (Latchkey other = Latchkey.of(seen.settings().withAttempts(1))) {
            assertThatThrownBy(other::ping).isInstanceOf(LatchkeyException.Unreachable.class);
        }
    }
}
