package dev.latchkey.server.webhooks.inbound;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.catalogue.Catalogue;
import dev.latchkey.catalogue.model.Provider;
import dev.latchkey.catalogue.model.Webhook;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

/** A vendor's batch is taken apart wherever the definition says that it may be. */
class BatchesTest {
    private static final String TWO = "[{\"n\":1},{\"n\":2}]";

    static Stream<Arguments> places() {
        return Catalogue.load().all().stream()
                .flatMap(provider -> provider.webhook().map(Webhook::split).orElse(List.of()).stream()
                        .map(place -> Arguments.of(provider, place)));
    }

    private static IncomingRequest request(String body) {
        return IncomingRequest.of("POST", "https://latchkey.example/", Map.of(), Map.of(), body.getBytes(UTF_8));
    }

    private static Webhook webhook(String provider) {
        return Catalogue.load().find(provider).flatMap(Provider::webhook).orElseThrow();
    }

    private static String bodyWith(String place) {
        String body = TWO;
        String[] steps = place.split("\\.");
        for (int i = steps.length - 1; i > 0; i--) {
            body = "{\"" + steps[i] + "\":" + body + "}";
        }
        return body;
    }

    @ParameterizedTest
    @MethodSource("places")
    void ofEveryDefinitionABatchIsFoundInEachOfItsPlaces(Provider provider, String place) {
        List<String> split = provider.webhook().orElseThrow().split();
        IncomingRequest batch = request(bodyWith(place));

        List<JsonNode> events = batch.events(split);

        assertThat(events).extracting(event -> event.path("n").asInt()).containsExactly(1, 2);
        assertThat(batch.with(split, events).toString()).isEqualTo(bodyWith(place));
        assertThat(batch.with(split, events.subList(1, 2)).toString())
                .isEqualTo(bodyWith(place).replace(TWO, "[{\"n\":2}]"));
    }

    @ParameterizedTest
    @MethodSource("places")
    void ofEveryDefinitionABodyWithoutItsListIsOneEvent(Provider provider, String place) {
        List<String> split = provider.webhook().orElseThrow().split();
        IncomingRequest one = request("{\"other\":true}");

        assertThat(one.events(split)).as(place).hasSize(1);
        assertThat(one.with(split, one.events(split)).toString()).isEqualTo("{\"other\":true}");
    }

    /** CloudEvents since 2026, and the older form; as receivers in production get them. */
    @Test
    void quickBooksSendsEitherForm() {
        String event = """
                {"specversion":"1.0","id":"88cd52aa","source":"intuit.dsnBgbseACLLRZNxo2dfc4evmEJdxde58xeeYcZliOU=",\
                "type":"qbo.customer.created.v1","datacontenttype":"application/json","time":"2026-09-10T21:31:25Z",\
                "intuitentityid":"1234","intuitaccountid":"310687","data":{}}""";
        String older = """
                {"realmId":"310687","dataChangeEvent":{"entities":[{"name":"Customer","id":"1","operation":"Create"}]}}""";

        assertThat(read("quickbooks", "[" + event + "]")).containsExactly("qbo.customer.created.v1 88cd52aa 310687");
        assertThat(read("quickbooks", "{\"eventNotifications\":[" + older + "]}"))
                .containsExactly("- - 310687");
    }

    /** Type, id and account of each event, as the definition finds them. */
    private static List<String> read(String provider, String body) {
        Webhook webhook = webhook(provider);
        IncomingRequest request = request(body);
        return request.events(webhook.split()).stream()
                .map(event -> webhook.type()
                                .flatMap(path -> request.at(path, event))
                                .orElse("-")
                        + " "
                        + webhook.id().flatMap(path -> request.at(path, event)).orElse("-")
                        + " "
                        + webhook.match().getOrDefault("config.realmId", List.of()).stream()
                                .flatMap(path -> request.at(path, event).stream())
                                .findFirst()
                                .orElse("-"))
                .toList();
    }
}
