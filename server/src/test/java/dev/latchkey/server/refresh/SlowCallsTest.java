package dev.latchkey.server.refresh;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.waiting.Awaiting;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** P7: what a product's own calls take up at a vendor's host is not the vendor's failure, nor keeps its tokens from coming. */
class SlowCallsTest {
    /** More than all connections that the proxy may have to one host. */
    private static final int CALLS = 505;

    private static final int MOST_OF_A_HOST = 500;
    private static final int CONNECTIONS = 8;

    @TempDir
    Path providers;

    @Test
    void proxiedCallsThatTakeUpAHostKeepNoRefreshFromItsTokens() throws Exception {
        try (TokenVendor vendor = new TokenVendor()) {
            Map<String, String> settings = new HashMap<>(vendor.settings(providers));
            settings.put("LATCHKEY_CONNECTIONS_PER_ADDRESS", "off");
            try (Latchkey node = Latchkey.start(settings);
                    var threads = Executors.newVirtualThreadPerTaskExecutor()) {
                vendor.integration(node, "v");
                String later = Instant.now().plus(Duration.ofHours(2)).toString();
                for (int i = 0; i < CONNECTIONS; i++) {
                    vendor.connection(node, "v", "c" + i, later);
                }
                List<Future<HttpResponse<String>>> calls = new ArrayList<>();
                for (int i = 0; i < CALLS; i++) {
                    String name = "c" + i % CONNECTIONS;
                    calls.add(threads.submit(() -> node.get(
                            "/proxy/slow",
                            Map.of(
                                    "Authorization",
                                    "Bearer " + node.key,
                                    "Provider-Config-Key",
                                    "v",
                                    "Connection-Id",
                                    name))));
                }
                Awaiting.until("the host is taken up", () -> vendor.underWay.get() == MOST_OF_A_HOST);

                for (int i = 0; i < CONNECTIONS; i++) {
                    node.call("POST", "/connections/c" + i + "/refresh?provider_config_key=v", "{}", 200);
                }
                // Those that find no room are refused by then.
                Awaiting.until(
                        "the rest is answered",
                        () -> calls.stream().filter(Future::isDone).count() == CALLS - MOST_OF_A_HOST);
                for (int i = 0; i < CONNECTIONS; i++) {
                    node.call("POST", "/connections/c" + i + "/refresh?provider_config_key=v", "{}", 200);
                }

                assertThat(node.call("GET", "/incidents", "", 200).get("data")).isEmpty();
                assertThat(node.call("GET", "/integrations/v/health", "", 200)
                                .at("/data/connections/failing")
                                .asInt())
                        .isZero();
                vendor.slow.countDown();
                int served = 0;
                for (Future<HttpResponse<String>> call : calls) {
                    served += call.get().statusCode() == 200 ? 1 : 0;
                }
                assertThat(served).isEqualTo(MOST_OF_A_HOST);
            }
        }
    }
}
