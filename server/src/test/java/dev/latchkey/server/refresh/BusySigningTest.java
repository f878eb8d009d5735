package dev.latchkey.server.refresh;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.latchkey.catalogue.keys.HeavyWork;
import dev.latchkey.server.api.Latchkey;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** D13: past the queue of signatures a refresh is tried again; nothing is held against the connection, and no error is logged. */
class BusySigningTest {
    @Test
    void aRefreshThatFindsNoPlaceToSignIsTriedAgainByItselfAndIsNoError() {
        ListAppender<ILoggingEvent> lines = new ListAppender<>();
        lines.start();
        Logger root = (Logger) LoggerFactory.getLogger("dev.latchkey");
        root.addAppender(lines);
        CountDownLatch free = new CountDownLatch(1);
        try (Latchkey latchkey = Latchkey.start()) {
            latchkey.labIntegration("github-app", "app");
            latchkey.call("POST", "/connections", """
                    {"provider_config_key": "app", "connection_id": "i1",
                     "credentials": {"type": "APP", "app_id": "4711", "installation_id": "1002"}}""", 201);
            String read = "/connections/i1?provider_config_key=app";
            latchkey.call("GET", read, "", 200);
            fill(free);

            HttpResponse<String> busy = latchkey.send("GET", read + "&force_refresh=true", "");

            // The token that there is serves on.
            assertThat(busy.statusCode()).as(busy.body()).isEqualTo(200);
            assertThat(busy.body()).contains("lab_access_", "\"kind\":\"transient\"");
            assertThat(lines.list)
                    .isNotEmpty()
                    .noneMatch(line -> line.getLevel().isGreaterOrEqual(Level.ERROR));

            free.countDown();
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                latchkey.send("POST", "/connections/i1/refresh?provider_config_key=app", "");
                assertThat(latchkey.value("SELECT failures::text FROM connections WHERE connection_id = 'i1'"))
                        .isEqualTo("0");
            });
        } finally {
            free.countDown();
            root.detachAppender(lines);
        }
    }

    /** A caller that got a place keeps it: once one is refused, none is left. */
    private static void fill(CountDownLatch free) {
        AtomicBoolean isFull = new AtomicBoolean();
        await().atMost(Duration.ofSeconds(30)).until(() -> {
            for (int i = 0; i < 200; i++) {
                Thread.ofVirtual().start(() -> {
                    try {
                        HeavyWork.signing().run(() -> {
                            free.await();
                            return true;
                        });
                    } catch (HeavyWork.BusyException e) {
                        isFull.set(true);
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                });
            }
            return isFull.get();
        });
    }
}
