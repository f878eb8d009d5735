package dev.latchkey.server.telemetry;

import com.google.protobuf.InvalidProtocolBufferException;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.trace.v1.Span;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

/** A collector of OTLP over HTTP in protobuf, as the specification has it: decodes what it gets and keeps it. */
public final class Collector implements AutoCloseable {
    private final List<ExportTraceServiceRequest> traces = new CopyOnWriteArrayList<>();
    private final List<ExportMetricsServiceRequest> metrics = new CopyOnWriteArrayList<>();
    private final List<Map<String, String>> headers = new CopyOnWriteArrayList<>();
    private final HttpServer server;

    public Collector() {
        try {
            server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 50);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext(
                "/v1/traces",
                exchange -> take(exchange, bytes -> traces.add(ExportTraceServiceRequest.parseFrom(bytes))));
        server.createContext(
                "/v1/metrics",
                exchange -> take(exchange, bytes -> metrics.add(ExportMetricsServiceRequest.parseFrom(bytes))));
        server.start();
    }

    private interface Taking {
        void take(byte[] bytes) throws InvalidProtocolBufferException;
    }

    private void take(HttpExchange exchange, Taking taking) throws IOException {
        Map<String, String> got = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        exchange.getRequestHeaders().forEach((name, values) -> got.put(name, values.getFirst()));
        headers.add(got);
        boolean zipped = "gzip".equals(got.get("Content-Encoding"));
        try (InputStream body = zipped ? new GZIPInputStream(exchange.getRequestBody()) : exchange.getRequestBody()) {
            taking.take(body.readAllBytes());
            exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
            exchange.sendResponseHeaders(200, -1);
        } catch (InvalidProtocolBufferException e) {
            exchange.sendResponseHeaders(400, -1);
        }
        exchange.close();
    }

    public String endpoint() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    /** Of the requests, each by name in any case. */
    public List<Map<String, String>> headers() {
        return headers;
    }

    public List<Span> spans() {
        return traces.stream()
                .flatMap(request -> request.getResourceSpansList().stream())
                .flatMap(resource -> resource.getScopeSpansList().stream())
                .flatMap(scope -> scope.getSpansList().stream())
                .toList();
    }

    /** Of one trace, in the order in which they began. */
    public List<Span> spans(String trace) {
        return spans().stream()
                .filter(span -> hex(span.getTraceId()).equals(trace))
                .sorted((a, b) -> Long.compareUnsigned(a.getStartTimeUnixNano(), b.getStartTimeUnixNano()))
                .toList();
    }

    public List<Metric> metrics() {
        return metrics.stream()
                .flatMap(request -> request.getResourceMetricsList().stream())
                .flatMap(resource -> resource.getScopeMetricsList().stream())
                .flatMap(scope -> scope.getMetricsList().stream())
                .toList();
    }

    /** What the process says of itself, with its traces and with its metrics. */
    public List<Map<String, String>> resources() {
        return Stream.concat(
                        traces.stream()
                                .flatMap(request -> request.getResourceSpansList().stream())
                                .map(resource -> resource.getResource().getAttributesList()),
                        metrics.stream()
                                .flatMap(request -> request.getResourceMetricsList().stream())
                                .map(resource -> resource.getResource().getAttributesList()))
                .map(Collector::attributes)
                .toList();
    }

    /** Everything, readable: for those who look for what must not be in it. */
    public List<String> texts() {
        return Stream.concat(traces.stream(), metrics.stream())
                .map(Object::toString)
                .toList();
    }

    public static Map<String, String> attributes(List<KeyValue> attributes) {
        Map<String, String> read = new TreeMap<>();
        attributes.forEach(one -> read.put(
                one.getKey(),
                one.getValue().hasStringValue()
                        ? one.getValue().getStringValue()
                        : Long.toString(one.getValue().getIntValue())));
        return read;
    }

    public static Optional<String> attribute(Span span, String name) {
        return Optional.ofNullable(attributes(span.getAttributesList()).get(name));
    }

    public static String hex(com.google.protobuf.ByteString bytes) {
        return HexFormat.of().formatHex(bytes.toByteArray());
    }

    @Override
    public void close() {
        server.stop(0);
    }
}
