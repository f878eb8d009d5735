package dev.latchkey.server.journeys;

import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Api;
import dev.latchkey.catalogue.model.Auth;
import dev.latchkey.catalogue.model.CodeGrant;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.server.api.Latchkey;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Each error that a definition knows by a body or a header ({@code api.errors}) is met by a proxied call of a connection: a limit is
 * waited for and retried, a refused credential is refreshed once. {@code -Dprovider=<id>} plays one.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NamedErrorsTest {
    private static final Catalogue CATALOGUE = Catalogue.load();
    private Latchkey latchkey;

    static Stream<String> providers() {
        return CATALOGUE.all().stream()
                .filter(provider -> !provider.api().refusals().errors().isEmpty())
                .map(Provider::id)
                .filter(id -> System.getProperty("provider", id).equals(id));
    }

    @BeforeAll
    void start() {
        latchkey = Latchkey.start(Map.of("LATCHKEY_FLOW_RATE_LIMIT", "100000", "LATCHKEY_RATE_LIMIT", "1000000"));
    }

    @AfterAll
    void stop() {
        latchkey.close();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("providers")
    void isUnderstood(String id) {
        Provider provider = CATALOGUE.find(id).orElseThrow();
        latchkey.labIntegration(id, id);
        connect(provider);
        Api.Refusals refusals = provider.api().refusals();
        for (int i = 0; i < refusals.errors().size(); i++) {
            switch (refusals.errors().get(i).meaning()) {
                case LIMITED -> isRetried(id, i, refusals);
                case UNAUTHORIZED ->
                    isRenewed(provider, i, refusals.errors().get(i).sign().statuses());
            }
            assertThat(latchkey.call("GET", "/lab/api/" + id + "/faults", "", 200)
                            .get("left")
                            .asInt())
                    .isZero();
        }
    }

    private void connect(Provider provider) {
        LabFlow flow = new LabFlow(latchkey, provider, provider.id());
        String session = latchkey.sessionNamed("c1", provider.id());
        HttpResponse<String> answer = flow.throughABrowser()
                ? new LabUser().connect(flow.start(session))
                : flow.direct(session, flow.account());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    }

    private void isRetried(String id, int index, Api.Refusals refusals) {
        List<Integer> statuses = refusals.errors().get(index).sign().statuses();
        String path = "/limited" + index;
        due(id, index, 0);
        assertThat(call(id, path, Map.of()).statusCode()).as("without Retries").isIn(statuses);
        due(id, index, 0);
        HttpResponse<String> retried = call(id, path, Map.of("Retries", "1"));
        assertThat(retried.statusCode()).as("with Retries").isEqualTo(200);
        assertThat(retried.body()).contains("Ada Lovelace");
        boolean saysWhen = !refusals.retry().after().isEmpty()
                || !refusals.retry().at().isEmpty()
                || refusals.retry().body().isPresent();
        if (saysWhen) {
            due(id, index, 3_000);
            assertThat(call(id, path, Map.of("Retries", "1")).statusCode())
                    .as("too long to wait for")
                    .isIn(statuses);
            assertThat(call(id, path, Map.of()).body()).as("until then").contains("rate_limited");
        }
    }

    /** Where nothing can be refreshed, the response comes back as it is. */
    private void isRenewed(Provider provider, int index, List<Integer> statuses) {
        boolean refreshes = switch (provider.auth()) {
            case Auth.OAuth2Code(CodeGrant code) -> code.refresh().policy() != CodeGrant.RefreshPolicy.NONE;
            case Auth.OAuth2Client it -> true;
            case Auth.Mcp it -> true;
            case Auth.Exchange it -> true;
            case Auth.AppInstallation it -> true;
            case Auth.AwsRole it -> true;
            case Auth.OAuth1 it -> false;
            case Auth.PluginInstall it -> false;
            case Auth.Entered it -> false;
        };
        due(provider.id(), index, 0);

        HttpResponse<String> answer = call(provider.id(), "/me", Map.of());

        if (refreshes) {
            assertThat(answer.body()).contains("Ada Lovelace");
        } else {
            assertThat(answer.statusCode()).isIn(statuses);
        }
    }

    private void due(String id, int index, int wait) {
        latchkey.call("POST", "/lab/api/" + id + "/faults", """
            {"kind": "named", "index": %d, "on": "api", "retry_after": %d}\
            """.formatted(index, wait), 200);
    }

    private HttpResponse<String> call(String id, String path, Map<String, String> more) {
        Map<String, String> headers = new TreeMap<>(more);
        headers.put("Authorization", "Bearer " + latchkey.key);
        headers.put("Provider-Config-Key", id);
        headers.put("Connection-Id", "c1");
        return latchkey.get("/proxy" + path, headers);
    }
}
