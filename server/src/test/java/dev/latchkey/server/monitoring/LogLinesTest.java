package dev.latchkey.server.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import dev.latchkey.server.api.Latchkey;
import dev.latchkey.server.json.Json;
import dev.latchkey.server.telemetry.Span;
import dev.latchkey.server.telemetry.Step;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/** What a line of the log says beside its message. */
class LogLinesTest {
    private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    private final JsonLines json = new JsonLines();
    private final StepConverter text = new StepConverter();
    private final List<String> objects = new CopyOnWriteArrayList<>();
    private final List<String> prefixes = new CopyOnWriteArrayList<>();

    private final AppenderBase<ILoggingEvent> appender = new AppenderBase<>() {
        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLoggerName().startsWith("dev.latchkey")) {
                objects.add(new String(json.encode(event), StandardCharsets.UTF_8));
                prefixes.add(text.convert(event));
            }
        }
    };

    @BeforeEach
    void listen() {
        appender.start();
        root.addAppender(appender);
    }

    @AfterEach
    void leave() {
        root.detachAppender(appender);
    }

    private List<JsonNode> lines() {
        return objects.stream().map(Json.MAPPER::readTree).toList();
    }

    @Test
    void theErrorOfAResponseIsFoundInTheLogByTheRequestsId() {
        String trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        try (Latchkey latchkey =
                Latchkey.start(Map.of("LATCHKEY_OTLP_ENDPOINT", "http://127.0.0.1:" + Latchkey.freePort()))) {
            latchkey.sql("ALTER TABLE webhook_endpoints RENAME TO hidden");

            HttpResponse<String> response = latchkey.get(
                    "/environment/webhooks",
                    Map.of(
                            "Authorization",
                            "Bearer " + latchkey.key,
                            "X-Request-Id",
                            "order-7",
                            "traceparent",
                            "00-" + trace + "-00f067aa0ba902b7-01"));

            assertThat(response.statusCode()).isEqualTo(500);
            assertThat(Json.MAPPER
                            .readTree(response.body())
                            .at("/error/message")
                            .asString())
                    .isEqualTo("Internal error; the log has it as order-7.");
            assertThat(response.headers().firstValue("X-Request-Id")).contains("order-7");
            JsonNode line = lines().stream()
                    .filter(it -> it.path("level").asString().equals("ERROR"))
                    .findFirst()
                    .orElseThrow();
            assertThat(line.path("request_id").asString()).isEqualTo("order-7");
            assertThat(line.path("logger").asString()).isEqualTo("dev.latchkey.server.http.Responses");
            assertThat(line.path("exception").asString()).contains("webhook_endpoints");
            assertThat(OffsetDateTime.parse(line.path("time").asString()))
                    .isBefore(OffsetDateTime.now().plusHours(1));
            assertThat(prefixes).contains(" [request order-7, trace " + trace + "]");
            assertThat(line.path("trace_id").asString()).isEqualTo(trace);
            assertThat(line.path("span_id").asString()).matches("[0-9a-f]{16}");
        }
    }

    @Test
    void aLineIsOneLineAndHasNoIdsWhereThereAreNone() {
        LoggerFactory.getLogger("dev.latchkey.test").warn("two\nlines \"quoted\"");
        new Step("r-1", Span.NONE).during(() -> {
            LoggerFactory.getLogger("dev.latchkey.test").warn("of a request");
            return true;
        });

        assertThat(objects.getFirst()).endsWith("\n").containsOnlyOnce("\n");
        assertThat(lines().getFirst().path("message").asString()).isEqualTo("two\nlines \"quoted\"");
        assertThat(lines().getFirst().has("request_id")).isFalse();
        assertThat(lines().getFirst().has("trace_id")).isFalse();
        assertThat(lines().get(1).path("request_id").asString()).isEqualTo("r-1");
        assertThat(prefixes).containsExactly("", " [request r-1]");
    }
}
