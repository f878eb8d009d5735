package dev.latchkey.server.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Vendors allow their responses to be stored, and know nothing of connections: all of them call one URL of ours. A cache between a
 * product and us (RFC 9111 section 4.1) must not answer the call of one with the response of another.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CachedResponsesTest {
    private ProxyFixture proxy;

    @BeforeAll
    void start() throws Exception {
        proxy = ProxyFixture.oauth2();
        proxy.integration("acme-2");
        for (String key : List.of("acme", "acme-2")) {
            for (String name : List.of("c1", "c2")) {
                proxy.latchkey.call("POST", "/connections", """
                        {"provider_config_key": "%s", "connection_id": "%s", "credentials": {"type": "OAUTH2", "access_token": "%s"}}""".formatted(key, name, "at-" + key + "-" + name), 201);
            }
        }
    }

    @AfterAll
    void stop() throws Exception {
        proxy.close();
    }

    /** Obeys the response's Vary; whether it may be stored is the vendor's word. */
    private static final class Cache {
        private record Stored(Map<String, Optional<String>> selected, String body) {}

        private final Map<String, List<Stored>> stored = new HashMap<>();

        Optional<String> find(String url, Map<String, String> request) {
            return stored.getOrDefault(url, List.of()).stream()
                    .filter(one -> one.selected().entrySet().stream()
                            .allMatch(entry -> Optional.ofNullable(request.get(entry.getKey()))
                                    .equals(entry.getValue())))
                    .map(Stored::body)
                    .findFirst();
        }

        void store(String url, Map<String, String> request, HttpResponse<String> response) {
            Map<String, Optional<String>> selected = new TreeMap<>();
            response.headers().allValues("Vary").stream()
                    .flatMap(line -> Stream.of(line.split(",")))
                    .map(name -> name.strip().toLowerCase(Locale.ROOT))
                    .forEach(name -> selected.put(name, Optional.ofNullable(request.get(name))));
            stored.put(
                    url,
                    Stream.concat(
                                    stored.getOrDefault(url, List.of()).stream(),
                                    Stream.of(new Stored(selected, response.body())))
                            .toList());
        }
    }

    @Test
    void aCacheAnswersNoCallWithTheResponseOfAnotherConnection() throws Exception {
        // What the vendor says of its own request headers is true of those that reach it by our prefix.
        proxy.upstream.answers((asked, out) -> Upstream.send(
                out,
                200,
                "Cache-Control: public, s-maxage=600\r\nVary: Accept-Language\r\nvary: X-Tenant\r\n",
                asked.header("authorization").orElse("")
                        + asked.target()
                        + asked.header("accept-language").orElse("")
                        + asked.header("x-tenant").orElse("")));
        Map<String, String> usual = new LinkedHashMap<>();
        usual.put("authorization", "Bearer " + proxy.latchkey.key);
        usual.put("provider-config-key", "acme");
        usual.put("connection-id", "c1");
        List<Map<String, String>> calls = List.of(
                Map.of(),
                Map.of("connection-id", "c2"),
                Map.of("provider-config-key", "acme-2"),
                Map.of("authorization", "Bearer " + proxy.latchkey.keyWith("environment:proxy")),
                Map.of("authorization", "Bearer " + proxy.latchkey.prodKey()),
                Map.of("base-url-override", proxy.upstream.address() + "/other"),
                Map.of("nango-proxy-accept-language", "de"),
                Map.of("nango-proxy-x-tenant", "t2"));

        Cache cache = new Cache();
        for (int round = 0; round < 2; round++) {
            for (Map<String, String> change : calls) {
                Map<String, String> request = new LinkedHashMap<>(usual);
                request.putAll(change);
                HttpResponse<String> direct = proxy.latchkey.get("/proxy/items", request);
                Optional<String> found = cache.find("/proxy/items", request);
                boolean storable =
                        !direct.headers().firstValue("Cache-Control").orElse("").contains("no-store");
                assertThat(storable).as(change.toString()).isEqualTo(direct.statusCode() == 200);
                assertThat(found.isPresent()).as(change.toString()).isEqualTo(round == 1 && storable);
                found.ifPresent(body -> assertThat(body).as(change.toString()).isEqualTo(direct.body()));
                if (storable) {
                    cache.store("/proxy/items", request, direct);
                }
            }
        }
    }
}
