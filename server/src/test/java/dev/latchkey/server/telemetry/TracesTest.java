package dev.latchkey.server.telemetry;

import static dev.latchkey.server.telemetry.Collector.attribute;
import static dev.latchkey.server.telemetry.Collector.hex;
import static dev.latchkey.server.waiting.Awaiting.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.configuration.Version;
import dev.latchkey.server.journeys.LabUser;
import dev.latchkey.server.webhooks.outbound.Receiver;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;

/**
 * One life of a node beside a collector: a read that refreshes, a proxied call, a webhook. The node is stopped, which sends the rest; then
 * the spans are read.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TracesTest {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String READ = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String CALL = "5bf92f3577b34da6a3ce929d0e0e4736";
    private static final String UNSAMPLED = "6bf92f3577b34da6a3ce929d0e0e4736";
    private static final String STRANGERS = "7bf92f3577b34da6a3ce929d0e0e4736";
    private static final String REFUSED = "8bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";

    private final Collector collector = new Collector();
    private final Receiver receiver = new Receiver();
    private Receiver.Request webhook;
    private String connection;

    @BeforeAll
    void live() {
        Map<String, String> settings = Map.of(
                "LATCHKEY_REFRESH_AHEAD", "false",
                "LATCHKEY_EGRESS_ALLOW", receiver.host(),
                "OTEL_EXPORTER_OTLP_ENDPOINT", collector.endpoint() + "/",
                "LATCHKEY_OTLP_HEADERS", "x-collector-key=s3cret%20key",
                "OTEL_RESOURCE_ATTRIBUTES", "deployment.environment.name=test",
                "LATCHKEY_TRACE_VENDORS", "true");
        try (Latchkey latchkey = Latchkey.start(settings)) {
            latchkey.labIntegration("github", "gh");
            URI start = latchkey.address.resolve(
                    "/oauth/connect/gh?connect_session_token=" + latchkey.sessionNamed("c1", "gh"));
            assertThat(new LabUser().connect(start).statusCode()).isEqualTo(200);
            JsonNode stored =
                    latchkey.call("GET", "/connections/c1?provider_config_key=gh&refresh_token=true", "", 200);
            connection = latchkey.text("SELECT id::text FROM connections");
            latchkey.call(
                    "POST",
                    "/environment/webhooks",
                    "{\"url\": \"" + receiver.url("/hooks/T0P/private-path?token=hidden-1")
                            + "\", \"events\": {\"connection.refreshed\": true}}",
                    201);
            makeDue(latchkey, stored.get("credentials"));
            await().atMost(PATIENCE).until(() -> receiver.requests().size() == 1);

            read(latchkey, READ, "01");
            await().atMost(PATIENCE).until(() -> receiver.requests().size() == 2);
            webhook = receiver.requests().get(1);
            proxy(latchkey);
            latchkey.get("/integrations", headers(latchkey, UNSAMPLED, "00"));
            latchkey.get("/connect/session", Map.of("traceparent", "00-" + STRANGERS + "-" + PARENT + "-01"));
            latchkey.sql("ALTER TABLE webhook_endpoints RENAME TO hidden");
            assertThat(latchkey.get("/environment/webhooks", headers(latchkey, REFUSED, "01"))
                            .statusCode())
                    .isEqualTo(500);
            latchkey.sql("ALTER TABLE hidden RENAME TO webhook_endpoints");
        }
    }

    @AfterAll
    void stop() {
        collector.close();
        receiver.close();
    }

    private static Map<String, String> headers(Latchkey latchkey, String trace, String flags) {
        return Map.of(
                "Authorization",
                "Bearer " + latchkey.key,
                "traceparent",
                "00-" + trace + "-" + PARENT + "-" + flags,
                "tracestate",
                "vendor=opaque",
                "X-Request-Id",
                "order-7");
    }

    private static void makeDue(Latchkey latchkey, JsonNode credentials) {
        latchkey.call(
                "POST",
                "/connections",
                """
                {"provider_config_key": "gh", "connection_id": "c1", "credentials": {"type": "OAUTH2", "access_token": "%s",
                 "refresh_token": "%s", "expires_at": "2020-01-01T00:00:00Z"}}""".formatted(
                                credentials.get("access_token").asString(),
                                credentials.get("refresh_token").asString()),
                201);
    }

    private static void read(Latchkey latchkey, String trace, String flags) {
        assertThat(latchkey.get("/connections/c1?provider_config_key=gh", headers(latchkey, trace, flags))
                        .statusCode())
                .isEqualTo(200);
    }

    private static void proxy(Latchkey latchkey) {
        Map<String, String> headers = new java.util.HashMap<>(headers(latchkey, CALL, "01"));
        headers.put("Provider-Config-Key", "gh");
        headers.put("Connection-Id", "c1");
        assertThat(latchkey.get("/proxy/user?token=hidden-2", headers).statusCode())
                .isEqualTo(200);
    }

    private Span only(String trace, String name) {
        List<Span> found = collector.spans(trace).stream()
                .filter(span -> span.getName().equals(name))
                .toList();
        assertThat(found).as(name + " among " + names(trace)).hasSize(1);
        return found.getFirst();
    }

    private List<String> names(String trace) {
        return collector.spans(trace).stream()
                .map(span -> span.getKind().name().substring("SPAN_KIND_".length()) + " " + span.getName())
                .toList();
    }

    private List<Span> children(Span parent) {
        return collector.spans().stream()
                .filter(span -> span.getParentSpanId().equals(parent.getSpanId()))
                .toList();
    }

    @Test
    void oneTraceGoesFromTheCallThroughRefreshVendorAndCommitToTheWebhook() {
        Span server = only(READ, "GET /connections/{id}");
        Span refresh = only(READ, "refresh");
        Span commit = only(READ, "commit");
        Span delivery = only(READ, "webhook");

        assertThat(hex(server.getParentSpanId())).isEqualTo(PARENT);
        assertThat(server.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
        assertThat(attribute(server, "http.response.status_code")).contains("200");
        assertThat(attribute(server, "latchkey.request_id")).contains("order-7");
        assertThat(refresh.getParentSpanId()).isEqualTo(server.getSpanId());
        assertThat(attribute(refresh, "latchkey.provider")).contains("github");
        assertThat(attribute(refresh, "latchkey.connection")).contains(connection);
        assertThat(attribute(refresh, "latchkey.outcome")).contains("fresh");
        assertThat(children(refresh))
                .extracting(Span::getName)
                .containsSubsequence("POST")
                .contains("journal", "commit");
        assertThat(only(READ, "journal").getStartTimeUnixNano()).isLessThan(commit.getStartTimeUnixNano());
        assertThat(delivery.getParentSpanId()).isEqualTo(commit.getSpanId());
        assertThat(attribute(delivery, "latchkey.event")).contains("connection.refreshed");
        assertThat(attribute(delivery, "latchkey.event_id")).contains(webhook.id());
        Span request = children(delivery).getFirst();
        assertThat(request.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
        assertThat(attribute(request, "server.port")).contains(Integer.toString(receiver.port));
    }

    @Test
    void theReceiverOfTheWebhookCanContinueTheTrace() {
        Span request = children(only(READ, "webhook")).getFirst();

        assertThat(webhook.header("traceparent")).isEqualTo("00-" + READ + "-" + hex(request.getSpanId()) + "-01");
    }

    @Test
    void aProxiedCallIsOneTrace() {
        Span server = only(CALL, "GET /proxy/*");
        Span proxy = only(CALL, "proxy");
        Span client = only(CALL, "GET");

        assertThat(proxy.getParentSpanId()).isEqualTo(server.getSpanId());
        assertThat(client.getParentSpanId()).isEqualTo(proxy.getSpanId());
        assertThat(attribute(proxy, "http.response.status_code")).contains("200");
        assertThat(attribute(client, "server.address")).contains("localhost");
        // The lab is this server itself, and the credential's header lets it continue what vendors are sent.
        assertThat(children(client)).extracting(Span::getKind).containsExactly(Span.SpanKind.SPAN_KIND_SERVER);
    }

    @Test
    void aFailedRequestIsAnError() {
        Span server = only(REFUSED, "GET /environment/webhooks");

        assertThat(server.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
        assertThat(attribute(server, "error.type")).contains("500");
    }

    @Test
    void whatTheCallerDoesNotRecordIsNotRecordedAndStrangersContinueNothing() {
        assertThat(names(UNSAMPLED)).isEmpty();
        assertThat(names(STRANGERS)).isEmpty();
        assertThat(collector.spans()).extracting(Span::getName).contains("GET /connect/session");
    }

    @Test
    void spansSayOnlyWhatTheListOfFactsAllows() {
        Set<String> allowed = java.util.Arrays.stream(dev.latchkey.server.telemetry.Span.Fact.values())
                .map(dev.latchkey.server.telemetry.Span.Fact::attribute)
                .collect(Collectors.toSet());
        allowed.add("error.type");

        assertThat(collector.spans().stream()
                        .flatMap(span -> span.getAttributesList().stream())
                        .map(one -> one.getKey())
                        .collect(Collectors.toSet()))
                .contains("http.route")
                .isSubsetOf(allowed);
        assertThat(String.join("\n", collector.texts()))
                .contains("connection.refreshed")
                .doesNotContain("hidden-", "private-path");
    }

    @Test
    void theCollectorIsToldWhatSendsAndGetsItsHeader() {
        assertThat(collector.headers())
                .isNotEmpty()
                .allSatisfy(headers -> assertThat(headers).containsEntry("x-collector-key", "s3cret key"));
        assertThat(collector.resources())
                .isNotEmpty()
                .allSatisfy(resource -> assertThat(resource)
                        .containsEntry("service.name", "latchkey")
                        .containsEntry("service.version", Version.CURRENT)
                        .containsEntry("deployment.environment.name", "test"));
    }

    @Test
    void theMetricsAreSentToo() {
        assertThat(collector.metrics())
                .extracting(Metric::getName)
                .contains("latchkey.requests", "latchkey.refreshes", "latchkey.deliveries", "latchkey.problem");
    }
}
