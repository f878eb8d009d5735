package dev.latchkey.server.api;

import static dev.latchkey.server.api.BadValuesTest.EVERYTHING;
import static dev.latchkey.server.api.BadValuesTest.code;
import static dev.latchkey.server.api.BadValuesTest.segments;
import static dev.latchkey.server.api.BadValuesTest.send;
import static dev.latchkey.server.api.BadValuesTest.shortened;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.BadValuesTest.Bad;
import dev.latchkey.server.api.RouteCalls.Call;
import dev.latchkey.server.http.Router;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** D9: what a request has in its URL that its route does not know, over {@code routes()}. */
@Tag("routes")
class UnknownParametersTest {
    private static Latchkey latchkey;

    @BeforeAll
    static void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_REFRESH_AHEAD", "false"));
    }

    @AfterAll
    static void stop() {
        latchkey.close();
    }

    /** As at Nango: a misspelled parameter must not silently mean that there is none. Links that a browser follows may carry others. */
    @Test
    void d9_unknownParametersAreRefusedButInFlows() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "unknown");
        String key = world.keyWith(EVERYTHING);
        List<String> wrong = new ArrayList<>();
        for (Router.Declared route : latchkey.routes()) {
            // Theirs are the vendor's; and Nango's oldest form of an integration reads none but its own.
            if (route.path().startsWith("/proxy/") || route.path().equals("/config/{key}")) {
                continue;
            }
            for (Call base : RouteCalls.of(route, world)) {
                String path = base.path() + (base.path().contains("?") ? "&" : "?") + "nonsense=1";
                Bad bad = new Bad(
                        route, new Call(base.method(), path, base.body(), base.headers(), base.kind()), "unknown");
                HttpResponse<String> response = send(latchkey, bad, key, world);
                boolean refused = response.statusCode() == 400
                        && code(response).equals("invalid_query_params")
                        && response.body().contains("unrecognized_keys");
                if (refused == (route.openTo() == Router.OpenTo.FLOW)) {
                    wrong.add(base.method() + " " + path + ": " + response.statusCode() + " " + response.body());
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    /** What no integration, connection or provider can be named is malformed, not missing. */
    @Test
    void d9_namesInPathsThatNothingCanHaveAreMalformed() {
        MarkedWorld world = new MarkedWorld(latchkey, "dev", "named");
        String key = world.keyWith(EVERYTHING);
        List<String> wrong = new ArrayList<>();
        int tried = 0;
        for (Router.Declared route : latchkey.routes()) {
            boolean named = route.path().matches("/(integrations|providers|connections?|auth|api-auth|oauth2)/.*\\{.*")
                    && !route.path().endsWith("timeline/{id}");
            if (!named) {
                continue;
            }
            String parameter = route.path().replaceAll(".*\\{(.*?)}.*", "$1");
            Call base = RouteCalls.of(route, world).getFirst();
            for (String name : List.of("%C3%A9", "a%23b", "x".repeat(256))) {
                tried++;
                String path = segments(route, base.path(), parameter, name);
                Bad bad =
                        new Bad(route, new Call(base.method(), path, base.body(), base.headers(), base.kind()), "name");
                HttpResponse<String> response = send(latchkey, bad, key, world);
                if (response.statusCode() != 400 || !code(response).equals("invalid_uri_params")) {
                    wrong.add(base.method() + " " + shortened(path) + ": " + response.statusCode() + " "
                            + response.body());
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(tried).isGreaterThan(90);
    }
}
