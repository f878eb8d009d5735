package dev.latchkey.server.storage;

import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Reads that take long have places of their own. Here they wait for a lock, in place of a million rows. */
class LaneTest {
    private static final int CALLERS = 50;
    private static final int READS = 40;

    private final Latchkey node = Latchkey.start(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
    private final DatabaseAddress address =
            DatabaseAddress.parse(Objects.requireNonNull(node.settings.get("LATCHKEY_DATABASE_URL")));

    @BeforeEach
    void connect() {
        as("POST", "/integrations", """
                {"provider": "github", "unique_key": "gh", "credentials": {"type": "OAUTH2", "client_id": "id", "client_secret": "s"}}""");
        for (int i = 0; i < READS; i++) {
            as("POST", "/connections", """
                    {"provider_config_key": "gh", "connection_id": "c%d", "credentials": {"type": "OAUTH2", "access_token": "t"}}""".formatted(i));
        }
    }

    @AfterEach
    void stop() {
        node.close();
    }

    /** In another environment than the dear reads. */
    private HttpResponse<String> as(String method, String path, String body) {
        return node.sendAs("Bearer " + node.prodKey(), method, path, body);
    }

    @Test
    void fiftyDearReadsKeepNoCredentialAndNoListOfAnotherEnvironmentWaiting() throws Exception {
        Jdbi other = Jdbi.create(
                address.jdbcUrl(), address.user(), address.password().reveal());
        List<Future<HttpResponse<String>>> dear = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            other.useTransaction(handle -> {
                handle.execute("LOCK TABLE webhook_deliveries IN ACCESS EXCLUSIVE MODE");
                for (int i = 0; i < CALLERS; i++) {
                    dear.add(threads.submit(() -> node.send("GET", "/environment/webhook-deliveries", "")));
                }
                await().until(() -> handle.createQuery("SELECT count(*) FROM pg_locks WHERE NOT granted")
                                .mapTo(Integer.class)
                                .one()
                        >= 2);

                long begin = System.nanoTime();
                for (int i = 0; i < READS; i++) {
                    // Once past the cache, and once from it.
                    assertThat(as("GET", "/connections/c" + i + "?provider_config_key=gh", "")
                                    .statusCode())
                            .isEqualTo(200);
                    assertThat(as("GET", "/connections/c" + i + "?provider_config_key=gh", "")
                                    .statusCode())
                            .isEqualTo(200);
                }
                assertThat(as("GET", "/connections?limit=10", "").statusCode()).isEqualTo(200);
                // All of it while the first of the others still waits for its lock, or for as long.
                assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(8));
                assertThat(handle.createQuery("SELECT count(*) FROM pg_locks WHERE NOT granted")
                                .mapTo(Integer.class)
                                .one())
                        .isLessThanOrEqualTo(2);
            });
            for (Future<HttpResponse<String>> one : dear) {
                one.get();
            }
        }

        List<HttpResponse<String>> refused = dear.stream()
                .map(Future::resultNow)
                .filter(one -> one.statusCode() != 200)
                .toList();
        assertThat(refused).isNotEmpty().allSatisfy(one -> {
            assertThat(one.statusCode()).isEqualTo(503);
            assertThat(one.headers().firstValue("Retry-After")).contains("1");
            assertThat(one.body()).contains("\"busy\"");
        });
        assertThat(node.send("GET", "/environment/webhook-deliveries", "").statusCode())
                .isEqualTo(200);
    }
}
